// Command kube is what the tests need of Kubernetes, in one binary: a real API server, the etcd
// that it stores its objects in, and kubectl. There is no kubelet, scheduler or controller:
// nothing runs, and nobody but the test changes an object.
//
//	kube etcd FLAGS…        etcd, with its own flags
//	kube apiserver FLAGS…   kube-apiserver, with its own flags
//	kube kubectl ARGS…      kubectl, kustomize included
//	kube version            the versions of Kubernetes and etcd
package main

import (
	"fmt"
	"os"

	etcdversion "go.etcd.io/etcd/api/v3/version"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/version"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	switch os.Args[1] {
	case "apiserver":
		command := app.NewAPIServerCommand()
		command.SetArgs(os.Args[2:])
		os.Exit(cli.Run(command))
	case "etcd":
		etcdmain.Main(os.Args[1:])
	case "kubectl":
		// It looks at os.Args, too: to find plugins.
		os.Args = os.Args[1:]
		if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
			util.CheckErr(err)
		}
	case "version":
		fmt.Printf("Kubernetes %s, etcd %s\n", version.Get().GitVersion, etcdversion.Version)
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: kube apiserver|etcd|kubectl|version ARGS…")
	os.Exit(2)
}
