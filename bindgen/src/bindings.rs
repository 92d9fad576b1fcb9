//! The bindings of a world, as wit-bindgen writes them.

use std::path::Path;
use wit_bindgen_core::wit_parser::{Resolve, WorldId, WorldKey};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::Opts;

/// A world of a WIT package.
#[derive(Debug)]
pub struct World {
    resolve: Resolve,
    id: WorldId,
}

/// The reason why the bindings could not be written.
#[derive(Debug)]
pub struct BindingsError {
    doing: String,
    cause: String,
}

impl std::fmt::Display for BindingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.doing, self.cause)
    }
}

impl std::error::Error for BindingsError {}

fn while_doing(doing: impl std::fmt::Display, cause: impl std::fmt::Display) -> BindingsError {
    BindingsError { doing: doing.to_string(), cause: format!("{cause:#}") }
}

impl World {
    /// Reads a world of the package in a folder.
    ///
    /// # Errors
    ///
    /// [`BindingsError`] with the error in the folder.
    pub fn read(package: &Path, world: &str) -> Result<Self, BindingsError> {
        Self::read_after(package, world, Resolve::default())
    }

    fn read_after(package: &Path, world: &str, mut resolve: Resolve) -> Result<Self, BindingsError> {
        let (id, _) = resolve.push_dir(package).map_err(|error| while_doing(package.display(), error))?;
        let id = resolve.select_world(&[id], Some(world)).map_err(|error| while_doing(world, error))?;
        Ok(Self { resolve, id })
    }

    /// Reads a world of the package in another folder, and adds the exports of this world to its imports. The packages
    /// that this world needs are already loaded.
    ///
    /// # Errors
    ///
    /// [`BindingsError`] with the error in the folders.
    pub fn caller(mut self, package: &Path, world: &str) -> Result<Self, BindingsError> {
        let turned = |error| while_doing(format_args!("world `{world}`"), error);
        self.resolve.importize(self.id, None).map_err(turned)?;
        let Self { mut resolve, id } = Self::read_after(package, world, self.resolve)?;
        resolve.merge_worlds(self.id, id, &mut Default::default()).map_err(turned)?;
        Ok(Self { resolve, id })
    }

    /// The names of the interfaces that the world exports.
    #[must_use]
    pub fn exports(&self) -> Vec<&str> {
        let exports = self.resolve.worlds[self.id].exports.keys();
        exports
            .filter_map(|key| match key {
                WorldKey::Interface(id) => self.resolve.interfaces[*id].name.as_deref(),
                WorldKey::Name(name) => Some(name),
            })
            .collect()
    }

    /// Writes the bindings.
    ///
    /// # Errors
    ///
    /// [`BindingsError`] with the error of wit-bindgen.
    pub fn bindings(mut self) -> Result<String, BindingsError> {
        let options = Opts {
            generate_all: true,
            pub_export_macro: true,
            runtime_path: Some("wit_bindgen::rt".to_owned()),
            ..Opts::default()
        };
        let failed = |cause: &dyn std::fmt::Display| while_doing("wit-bindgen", cause);
        let mut files = Files::default();
        options.build().generate(&mut self.resolve, self.id, &mut files).map_err(|error| failed(&error))?;
        let (_, text) = files.iter().next().ok_or_else(|| failed(&"no file was written"))?;
        let text = std::str::from_utf8(text).map_err(|error| failed(&error))?;
        // The lowerings are nested, so most of the text is indentation.
        Ok(text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n"))
    }
}
