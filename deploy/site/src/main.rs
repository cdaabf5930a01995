//! Makes `target/site`, the files that a browser loads, from what was built of them.
//!
//! ```text
//! wasm-bindgen's output ─┐   name by content   ┌─▶ pkg/chancery-HASH.css, …_bg.wasm, ….js
//! bundled style ─────────┼─▶ compress once ────┼─▶ the same with .br and .gz
//! start script ──────────┘                     └─▶ manifest.json: the names and sizes
//! ```
//! A name says what is in the file, so that a browser may keep it for ever. The start script names
//! the two files that it loads, and is named itself after that is written into it.

mod compress;
mod manifest;

use std::{
    error::Error,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use sha2::{Digest, Sha256};

use crate::manifest::{File, Manifest};

/// Most bytes that the first visit may load, compressed: half a second on a slow phone's
/// connection (3.2 Mbit/s), after which the page is alive.
const BUDGET_BYTES: usize = 200_000;

const USAGE: &str = "site OUT STYLE.css [BINDINGS START.js]";

/// What the start script calls the files of wasm-bindgen before they have their names.
const MODULE: &str = "chancery.js";
const WASM: &str = "chancery_bg.wasm";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let made = match arguments.as_slice() {
        [out, style] => make(out, style, None),
        [out, style, bindings, start] => make(out, style, Some((bindings, start))),
        _ => Err(format!("usage: {USAGE}").into()),
    };
    match made {
        Ok(said) => {
            let _unwritable = std::io::stdout().write_all(said.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _unwritable = writeln!(std::io::stderr(), "site: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the site in the folder `out`, if it is small enough; returns its sizes.
fn make(out: &Path, style: &Path, script: Option<(&PathBuf, &PathBuf)>) -> Result<String> {
    let manifest = write(&out.join("pkg"), style, script)?;
    let said = within_budget(&manifest)?;
    publish(out, &manifest)?;
    Ok(said)
}

/// Writes the files.
fn write(pkg: &Path, style: &Path, script: Option<(&PathBuf, &PathBuf)>) -> Result<Manifest> {
    fs::create_dir_all(pkg)?;
    let mut manifest = Manifest {
        style: Some(add(pkg, "chancery", ".css", &read(style)?)?),
        ..Manifest::default()
    };
    if let Some((bindings, start)) = script {
        if bindings.join("snippets").exists() {
            return Err("wasm-bindgen wrote snippets, which this does not know how to name".into());
        }
        let module = add(pkg, "chancery", ".js", &read(&bindings.join(MODULE))?)?;
        let wasm = add(pkg, "chancery", "_bg.wasm", &read(&bindings.join(WASM))?)?;
        let start = String::from_utf8(read(start)?)?;
        let start = renamed(&renamed(&start, MODULE, &module.name)?, WASM, &wasm.name)?;
        manifest.start = Some(add(pkg, "start", ".js", start.as_bytes())?);
        manifest.module = Some(module);
        manifest.wasm = Some(wasm);
    }
    Ok(manifest)
}

/// Says which files there are, and removes those that nobody names any more. In this order a
/// server that reads meanwhile finds what it looks for.
fn publish(out: &Path, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest)? + "\n";
    let new = out.join("manifest.json.new");
    fs::write(&new, text)?;
    fs::rename(new, out.join("manifest.json"))?;
    for entry in fs::read_dir(out.join("pkg"))? {
        let entry = entry?;
        if !manifest.has(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("can't read `{}`: {error}", path.display()).into())
}

/// Writes a file under a name made of its content, and compressed beside it.
fn add(pkg: &Path, stem: &str, ending: &str, content: &[u8]) -> Result<File> {
    let hash: String =
        Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{stem}-{hash}{ending}");
    let brotli = compress::brotli(content)?;
    let gzip = compress::gzip(content)?;
    fs::write(pkg.join(&name), content)?;
    fs::write(pkg.join(format!("{name}.br")), &brotli)?;
    fs::write(pkg.join(format!("{name}.gz")), &gzip)?;
    Ok(File { name, bytes: content.len(), brotli_bytes: brotli.len(), gzip_bytes: gzip.len() })
}

/// Puts `new` in the place of `old`, which must be there once.
fn renamed(text: &str, old: &str, new: &str) -> Result<String> {
    match text.matches(old).count() {
        1 => Ok(text.replace(old, new)),
        times => Err(format!("the start script must name `{old}` once, not {times} times").into()),
    }
}

/// Returns a line for each file, if together they are small enough.
fn within_budget(manifest: &Manifest) -> Result<String> {
    let line = |file: &File| {
        let File { name, bytes, brotli_bytes, .. } = file;
        format!("   {name:<36} {bytes:>9} bytes, {brotli_bytes:>7} with brotli\n")
    };
    let lines: String = manifest.files().map(line).collect();
    let total: usize = manifest.files().map(|file| file.brotli_bytes).sum();
    let said = format!(
        "{lines}   together {total} bytes with brotli; at most {BUDGET_BYTES} are allowed\n"
    );
    if total > BUDGET_BYTES {
        return Err(format!("the portal has grown too large to load:\n{said}").into());
    }
    Ok(said)
}

#[cfg(test)]
mod tests;
