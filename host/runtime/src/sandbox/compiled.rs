//! Compiled code, kept in a folder: compiling takes a second, and mapping what was compiled a millisecond.

use claude_admin_audit::private_folder;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

const EXTENSION: &str = "cwasm";
/// How many components stay compiled: one for each release or setting that was used lately.
const KEPT: usize = 8;

/// A folder for compiled code.
#[derive(Debug)]
pub(super) struct CompiledCode {
    folder: PathBuf,
}

impl CompiledCode {
    /// Opens a folder, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// Why the folder cannot be used: what is in it runs as it is, so that nobody else may be able to write there.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        private_folder::create(folder)?;
        private_folder::check(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The compiled component, from the folder where it is there.
    ///
    /// # Errors
    ///
    /// Why the component cannot be compiled. A folder that cannot be read or written is no error.
    pub(super) fn component(&self, engine: &Engine, bytes: &[u8], digest: &str) -> wasmtime::Result<Component> {
        let path = self.path(engine, digest);
        if let Some(component) = mapped(engine, &path) {
            return Ok(component);
        }
        let code = engine.precompile_component(bytes)?;
        if let Err(error) = self.keep(&path, &code) {
            tracing::info!(folder = %self.folder.display(), %error, "compiled code is not kept");
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

    /// Writes a file in one step, so that no other process ever maps a part of it.
    fn keep(&self, path: &Path, code: &[u8]) -> io::Result<()> {
        let part = self.folder.join(format!("{:016x}.part", fastrand::u64(..)));
        let written = File::create_new(&part).and_then(|mut file| {
            file.write_all(code)?;
            file.sync_all()
        });
        let kept = written.and_then(|()| fs::rename(&part, path));
        if kept.is_err() {
            // What is left of it would only take space.
            let _ = fs::remove_file(&part);
        }
        self.forget_old();
        kept
    }

    /// Removes what was compiled longest ago. Processes that have mapped it keep it.
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

/// Maps a file that [`CompiledCode::keep`] wrote; none where there is none, or another compiler made it.
#[expect(unsafe_code, reason = "compiled code is trusted as it is; its folder was found to be ours alone")]
fn mapped(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    // SAFETY: `Engine::precompile_component` made what is in the file, because only this account can write to its folder.
    // The file is written whole under another name before it gets this one, and never changed afterwards. wasmtime itself
    // compares the compiler and its settings.
    let component = unsafe { Component::deserialize_file(engine, path) };
    component.map_err(|error| tracing::info!(path = %path.display(), %error, "compiled code is made anew")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &str = "(component)";

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_was_compiled_once_is_mapped_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let code = CompiledCode::open(&folder.path().join("compiled")).unwrap();
        let engine = Engine::default();
        let bytes = wat::parse_str(COMPONENT).unwrap();
        code.component(&engine, &bytes, "d1").unwrap();
        let [file] = files(&code.folder).try_into().unwrap();
        // Bytes that do not compile show that nothing is compiled.
        code.component(&engine, b"no component", "d1").unwrap();
        assert!(code.component(&engine, b"no component", "d2").is_err());
        // A file of another compiler, or none, is made anew.
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
