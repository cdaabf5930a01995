//! A site is made of the smallest files that are one.

use std::{collections::BTreeSet, io::Read};

use super::*;

const START: &str = "import init from './chancery.js';\ninit(new URL('./chancery_bg.wasm'));\n";

/// Writes what a site is made of.
fn parts(folder: &Path, style: &str) -> (PathBuf, PathBuf, PathBuf) {
    let bindings = folder.join("bindings");
    fs::create_dir_all(&bindings).unwrap();
    fs::write(bindings.join(MODULE), "export default () => {};").unwrap();
    fs::write(bindings.join(WASM), b"\0asm\x01\0\0\0").unwrap();
    fs::write(folder.join("main.css"), style).unwrap();
    fs::write(folder.join("start.js"), START).unwrap();
    (folder.join("main.css"), bindings, folder.join("start.js"))
}

fn names(out: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(out.join("pkg")).unwrap();
    files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_start_script_loads_the_files_under_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let (style, bindings, start) = parts(folder.path(), "body {}");
    let pkg = folder.path().join("pkg");

    let manifest = write(&pkg, &style, Some((&bindings, &start))).unwrap();

    let script = fs::read_to_string(pkg.join(manifest.start.unwrap().name)).unwrap();
    let module = manifest.module.unwrap().name;
    let wasm = manifest.wasm.unwrap().name;
    assert!(script.contains(&format!("from './{module}'")), "{script}");
    assert!(script.contains(&format!("'./{wasm}'")), "{script}");
    assert!(module.starts_with("chancery-") && module.ends_with(".js"), "{module}");
    assert!(wasm.starts_with("chancery-") && wasm.ends_with("_bg.wasm"), "{wasm}");
}

#[test]
fn a_change_of_content_is_a_change_of_name_and_the_old_file_goes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let (style, bindings, start) = parts(folder.path(), "body {}");
    make(&out, &style, Some((&bindings, &start))).unwrap();
    let before = names(&out);
    parts(folder.path(), "body { margin: 0 }");

    make(&out, &style, Some((&bindings, &start))).unwrap();
    let after = names(&out);

    let changed: Vec<_> = after.difference(&before).collect();
    assert_eq!(after.len(), before.len());
    assert_eq!(changed.len(), 3, "{changed:?}");
    assert!(changed.iter().all(|name| name.contains(".css")), "{changed:?}");
}

#[test]
fn what_is_compressed_is_the_file() {
    let content = "a { color: red }\n".repeat(200);
    let mut plain = String::new();
    let mut unzipped = String::new();

    let brotli = compress::brotli(content.as_bytes()).unwrap();
    let gzip = compress::gzip(content.as_bytes()).unwrap();

    brotli::Decompressor::new(brotli.as_slice(), 4096).read_to_string(&mut plain).unwrap();
    flate2::read::GzDecoder::new(gzip.as_slice()).read_to_string(&mut unzipped).unwrap();
    assert_eq!(plain, content);
    assert_eq!(unzipped, content);
    assert!(brotli.len() < gzip.len() && gzip.len() < content.len() / 10);
}

#[test]
fn a_site_that_is_too_large_is_refused_with_its_sizes() {
    let file =
        |brotli_bytes| File { name: "a.css".to_owned(), bytes: 1, brotli_bytes, gzip_bytes: 1 };
    let of = |bytes| Manifest { style: Some(file(bytes)), ..Manifest::default() };

    assert!(within_budget(&of(BUDGET_BYTES)).is_ok());
    let error = within_budget(&of(BUDGET_BYTES + 1)).unwrap_err().to_string();
    assert!(error.contains("200001 bytes with brotli"), "{error}");
}

#[test]
fn a_start_script_that_loads_something_else_is_refused() {
    assert!(renamed("import './chancery.js'", MODULE, "new.js").is_ok());
    assert!(renamed("import './other.js'", MODULE, "new.js").is_err());
    assert!(renamed("chancery.js chancery.js", MODULE, "new.js").is_err());
}
