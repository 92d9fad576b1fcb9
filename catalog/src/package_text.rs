//! The text of a WIT package, and its storage inside a component.
//!
//! A component contains no doc comments, so the build stores the text itself in a custom section. The host reads it
//! from there.

use crate::CatalogError;
use std::borrow::Cow;
use std::path::Path;

/// The custom section of a component with the text of its WIT package.
pub const SECTION_NAME: &str = "wit-text";
/// The custom section of a component with the text in zlib format: a sixth of the size.
pub const COMPRESSED_SECTION_NAME: &str = "wit-text-zlib";
/// The best compression: a component is built once and loaded often.
const COMPRESSION_LEVEL: u8 = 10;
/// The maximum number of bytes of a text. A section of an unknown component must not fill the memory.
const MAX_TEXT_BYTES: usize = 16 << 20;

const FILE_MARK: &str = "//! file: ";

/// The files of one WIT package, without its dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackageText {
    files: Vec<(String, String)>,
}

/// The cause why the custom section could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SectionError {
    /// The bytes are not a WebAssembly binary, or end too early.
    #[error("not a complete WebAssembly binary: {0}")]
    Malformed(String),
    /// The section is not UTF-8 text.
    #[error("the custom section `{SECTION_NAME}` is not text")]
    NotText,
}

impl PackageText {
    /// Collects files given as name and text. The order is that in which a world exports the interfaces with the names
    /// of the files, then that of the names.
    pub fn from_files<N: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (N, T)>) -> Self {
        let mut files: Vec<(String, String)> =
            files.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        files.sort();
        let exports: Vec<String> = files
            .iter()
            .flat_map(|(_, text)| text.lines())
            .filter_map(|line| Some(line.trim().strip_prefix("export ")?.strip_suffix(';')?.to_owned() + ".wit"))
            .collect();
        files.sort_by_key(|(name, _)| exports.iter().position(|export| export == name).unwrap_or(usize::MAX));
        Self { files }
    }

    /// Reads the `*.wit` files of a folder, without `deps`.
    ///
    /// # Errors
    ///
    /// [`CatalogError::Read`] when the folder or a file cannot be read.
    pub fn from_folder(folder: &Path) -> Result<Self, CatalogError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| CatalogError::Read { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "wit") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).map_err(failed(&path))?));
            }
        }
        Ok(Self::from_files(files))
    }

    /// The files, as name and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns the package without the files that declare a world.
    ///
    /// A world names the packages that it imports. A reader of interfaces does not need them.
    #[must_use]
    pub fn without_worlds(&self) -> Self {
        let declares_world = |text: &str| text.lines().any(|line| line.trim_start().starts_with("world "));
        Self { files: self.files.iter().filter(|(_, text)| !declares_world(text)).cloned().collect() }
    }

    /// The text without indentation, which is a seventh of it and has no meaning. The line numbers do not change.
    #[must_use]
    pub fn without_indentation(&self) -> Self {
        let flat = |text: &str| text.lines().map(|line| line.trim_start().to_owned() + "\n").collect();
        Self { files: self.files.iter().map(|(name, text)| (name.clone(), flat(text))).collect() }
    }

    /// Writes the content of the custom section: the files one after the other, each under a line with its name.
    #[must_use]
    pub fn to_section(&self) -> String {
        let mut section = String::new();
        for (name, text) in &self.files {
            section.push_str(FILE_MARK);
            section.push_str(name);
            section.push('\n');
            section.push_str(text);
            if !text.ends_with('\n') {
                section.push('\n');
            }
        }
        section
    }

    /// Writes the content of the compressed custom section: the same, in zlib format (RFC 1950).
    #[must_use]
    pub fn to_compressed_section(&self) -> Vec<u8> {
        miniz_oxide::deflate::compress_to_vec_zlib(self.to_section().as_bytes(), COMPRESSION_LEVEL)
    }

    /// Reads the content of the custom section.
    #[must_use]
    pub fn from_section(section: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in section.lines() {
            if let Some(name) = line.strip_prefix(FILE_MARK) {
                files.push((name.to_owned(), String::new()));
            } else {
                if files.is_empty() {
                    files.push(("package.wit".to_owned(), String::new()));
                }
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
        Self { files }
    }

    /// Finds and reads the custom section of a component; `None` when it has none.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when the bytes are not a WebAssembly binary or the section is not text.
    pub fn from_component(component: &[u8]) -> Result<Option<Self>, SectionError> {
        let mut depth = 0_u32;
        for payload in wasmparser::Parser::new(0).parse_all(component) {
            match payload.map_err(|error| SectionError::Malformed(error.to_string()))? {
                wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => depth += 1,
                wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
                wasmparser::Payload::CustomSection(section) if depth == 0 => {
                    let text = match section.name() {
                        SECTION_NAME => Cow::Borrowed(section.data()),
                        COMPRESSED_SECTION_NAME => decompressed(section.data())?.into(),
                        _ => continue,
                    };
                    let text = std::str::from_utf8(&text).map_err(|_| SectionError::NotText)?;
                    return Ok(Some(Self::from_section(text)));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

fn decompressed(data: &[u8]) -> Result<Vec<u8>, SectionError> {
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(data, MAX_TEXT_BYTES)
        .map_err(|error| SectionError::Malformed(format!("{COMPRESSED_SECTION_NAME}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_gives_back_the_files_that_went_in() {
        let text =
            PackageText::from_files([("b.wit", "interface b {}\n"), ("a.wit", "package x:y;\ninterface a {}\n")]);
        assert_eq!(PackageText::from_section(&text.to_section()), text);
        assert_eq!(text.files().next().map(|(name, _)| name), Some("a.wit"));
    }

    #[test]
    fn compressed_section_is_decompressed_and_invalid_one_fails() {
        let text = PackageText::from_files([("a.wit", "interface a {}\n")]);
        let section = text.to_compressed_section();
        assert_eq!(decompressed(&section).unwrap(), text.to_section().as_bytes());
        assert!(matches!(decompressed(&section[1..]), Err(SectionError::Malformed(_))));
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; MAX_TEXT_BYTES + 1], 10);
        assert!(matches!(decompressed(&bomb), Err(SectionError::Malformed(_))));
    }

    #[test]
    fn indentation_goes_and_line_numbers_stay() {
        let text = PackageText::from_files([("a.wit", "interface a {\n\n  /// A.\n  type a = string;\n}")]);
        let flat = text.without_indentation();
        assert_eq!(flat.files().next(), Some(("a.wit", "interface a {\n\n/// A.\ntype a = string;\n}\n")));
    }

    #[test]
    fn a_file_with_a_world_is_left_out() {
        let text = PackageText::from_files([("a.wit", "interface a {}"), ("world.wit", "/// W.\nworld w {}")]);
        assert_eq!(text.without_worlds().files().count(), 1);
    }

    #[test]
    fn bytes_that_are_not_wasm_are_refused() {
        assert!(matches!(PackageText::from_component(b"hello"), Err(SectionError::Malformed(_))));
    }
}
