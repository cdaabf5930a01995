#!/usr/bin/env bash
# Puts programs into a folder that is a whole root file system for them, and nothing else: what an
# image is made of. rootfs.sh FOLDER MEGABYTES PROGRAM… fails if that comes to more megabytes.
#
# There is no shell, no package manager, and nothing that its user may write to but
# /var/lib/chancery, which is there for a volume.
set -euo pipefail

root=$1
megabytes_max=$2
shift 2
uid=65532

mkdir -p "$root"/{etc/ssl/certs,tmp,usr/local/bin,var/lib/chancery}
for program in "$@"; do
    install -m 0755 "$program" "$root/usr/local/bin/"
    # the program's libraries and its loader, under the paths by which it looks for them
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
        install -D -m 0755 "$library" "$root$library"
    done
done

# what verifies an identity provider, or a database that speaks TLS
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'nonroot:x:%d:%d::/:/sbin/nologin\n' "$uid" "$uid" >"$root/etc/passwd"
printf 'nonroot:x:%d:\n' "$uid" >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
# whoever is not root makes it for themselves
[ "$(id -u)" -ne 0 ] || chown "$uid:$uid" "$root/var/lib/chancery"
chmod 0700 "$root/var/lib/chancery"
chmod 1777 "$root/tmp"

megabytes=$(du -s --apparent-size --block-size=1000000 "$root" | cut -f 1)
if [ "$megabytes" -gt "$megabytes_max" ]; then
    echo "rootfs: $root has $megabytes MB, and may have $megabytes_max MB" >&2
    exit 1
fi
echo "rootfs: $root has $megabytes MB"
