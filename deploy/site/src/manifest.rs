//! Says which files the site has. The server's `http::assets` reads it.

use serde::Serialize;

/// The files by what they are for; absent ones were not built.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Manifest {
    pub(crate) style: Option<File>,
    /// Loads the module with the WebAssembly, and brings the islands to life.
    pub(crate) start: Option<File>,
    /// What wasm-bindgen wrote in JavaScript.
    pub(crate) module: Option<File>,
    pub(crate) wasm: Option<File>,
}

#[derive(Debug, Serialize)]
pub(crate) struct File {
    /// Its name in `pkg/`; `.br` and `.gz` beside it are the same, compressed.
    pub(crate) name: String,
    pub(crate) bytes: usize,
    pub(crate) brotli_bytes: usize,
    pub(crate) gzip_bytes: usize,
}

impl Manifest {
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        [&self.style, &self.start, &self.module, &self.wasm].into_iter().flatten()
    }

    /// Tells whether `name` is one of the files, as it is or compressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        let plain = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz")).unwrap_or(name);
        self.files().any(|file| file.name == plain)
    }
}
