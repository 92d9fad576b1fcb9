//! Compiled code, stored in a folder: compilation takes a second, and mapping compiled code takes a millisecond.

use claude_admin_audit::private_folder;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

const EXTENSION: &str = "cwasm";
/// The maximum number of stored components: one for each release or setting that was used lately.
const KEPT: usize = 8;

/// A folder for compiled code.
#[derive(Debug)]
pub(crate) struct CompiledCode {
    folder: PathBuf,
}

impl CompiledCode {
    /// Opens a folder, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// The reason why the folder cannot be used. Its content runs without a check, so other users must not be able to
    /// write there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        private_folder::create(folder)?;
        private_folder::check(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Opens a folder; none if it cannot be used.
    pub(crate) fn open_if_possible(folder: &Path) -> Option<Self> {
        let opened = Self::open(folder);
        opened.map_err(|error| tracing::warn!(folder = %folder.display(), %error, "compiled code is not stored")).ok()
    }

    /// The compiled component, from the folder if it is stored there.
    ///
    /// # Errors
    ///
    /// The reason why the component cannot be compiled. A folder that cannot be read or written is not an error.
    pub(crate) fn component(&self, engine: &Engine, bytes: &[u8], digest: &str) -> wasmtime::Result<Component> {
        let path = self.path(engine, digest);
        if let Some(component) = mapped(engine, &path) {
            return Ok(component);
        }
        let code = engine.precompile_component(bytes)?;
        if let Err(error) = self.keep(&path, &code) {
            tracing::info!(folder = %self.folder.display(), %error, "compiled code is not stored");
            return Component::new(engine, bytes);
        }
        mapped(engine, &path).map_or_else(|| Component::new(engine, bytes), Ok)
    }

    /// One file for each component and each compiler with its settings.
    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        let mut compiler = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut compiler);
        self.folder.join(format!("{digest}-{:016x}.{EXTENSION}", compiler.finish()))
    }

    /// Writes a file in one step, so other processes never map an incomplete file.
    fn keep(&self, path: &Path, code: &[u8]) -> io::Result<()> {
        let part = self.folder.join(format!("{:016x}.part", fastrand::u64(..)));
        let written = File::create_new(&part).and_then(|mut file| {
            file.write_all(code)?;
            file.sync_all()
        });
        let kept = written.and_then(|()| fs::rename(&part, path));
        if kept.is_err() {
            // An incomplete file would only use space.
            let _ = fs::remove_file(&part);
        }
        self.forget_old();
        kept
    }

    /// Removes the oldest compiled files. Processes that have mapped a file can still use it.
    fn forget_old(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let compiled = path.extension().is_some_and(|extension| extension == EXTENSION);
                Some((path.metadata().ok()?.modified().ok()?, path)).filter(|_| compiled)
            })
            .collect();
        files.sort();
        for (_, path) in files.iter().rev().skip(KEPT) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Maps a file that [`CompiledCode::keep`] wrote; `None` if there is none, or if another compiler wrote it.
#[expect(unsafe_code, reason = "compiled code is loaded without a check; only this account can write to its folder")]
fn mapped(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    // SAFETY: `Engine::precompile_component` created the content of the file, because only this account can write to
    // its folder. The file is written completely under another name before it is renamed, and never changed afterwards.
    // wasmtime itself compares the compiler and its settings.
    let component = unsafe { Component::deserialize_file(engine, path) };
    component.map_err(|error| tracing::info!(path = %path.display(), %error, "the component is compiled again")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &str = "(component)";

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn compiled_component_is_loaded_from_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let code = CompiledCode::open(&folder.path().join("compiled")).unwrap();
        let engine = Engine::default();
        let bytes = wat::parse_str(COMPONENT).unwrap();
        code.component(&engine, &bytes, "d1").unwrap();
        let [file] = files(&code.folder).try_into().unwrap();
        // Bytes that cannot be compiled prove that no compilation takes place.
        code.component(&engine, b"no component", "d1").unwrap();
        assert!(code.component(&engine, b"no component", "d2").is_err());
        // If the file is missing or from another compiler, the component is compiled again.
        fs::remove_file(&file).unwrap();
        fs::write(&file, "something else").unwrap();
        code.component(&engine, &bytes, "d1").unwrap();
        assert!(fs::read(&file).unwrap().starts_with(b"\x7fELF"));
        let mut other = wasmtime::Config::new();
        other.epoch_interruption(true);
        code.component(&Engine::new(&other).unwrap(), &bytes, "d1").unwrap();
        assert_eq!(files(&code.folder).len(), 2);
    }

    #[test]
    fn only_what_was_compiled_lately_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let code = CompiledCode::open(&folder.path().join("compiled")).unwrap();
        let bytes = wat::parse_str(COMPONENT).unwrap();
        for number in 0..=KEPT {
            code.component(&Engine::default(), &bytes, &number.to_string()).unwrap();
        }
        let names: Vec<String> =
            files(&code.folder).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names.len(), KEPT, "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("0-")), "{names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o770)).unwrap();
        let error = CompiledCode::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("its mode is 770"), "{error}");
    }
}
