//! The Rust names that wit-bindgen gives to WIT items.

use claude_admin_catalog::{Catalog, Type, TypeDef};
use heck::ToUpperCamelCase;
use wit_bindgen_rust::to_rust_ident;

/// The record type whose values are sent as files.
const UPLOAD: &str = "upload";

/// The component that the bindings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The component that exports the package.
    Exports,
    /// A component that imports the package.
    Imports,
}

/// Paths into the bindings.
#[derive(Debug)]
pub struct RustNames<'c> {
    catalog: &'c Catalog,
    root: String,
}

/// The name of a field, a parameter or a function.
#[must_use]
pub fn ident(name: &str) -> String {
    to_rust_ident(name)
}

/// The name of a case of an enum or variant.
#[must_use]
pub fn case(name: &str) -> String {
    name.to_upper_camel_case()
}

impl<'c> RustNames<'c> {
    /// Finds the module of the package: `claude:admin@0.1.0` is `exports::claude::admin` if it is exported.
    ///
    /// # Errors
    ///
    /// The package name, if it has no namespace.
    pub fn new(catalog: &'c Catalog, side: Side) -> Result<Self, String> {
        let (namespace, name) = catalog
            .package
            .split_once(':')
            .ok_or_else(|| format!("the package name `{}` has no namespace", catalog.package))?;
        let name = name.split('@').next().unwrap_or(name);
        let exports = if side == Side::Exports { "exports::" } else { "" };
        let root = format!("crate::world::{exports}{}::{}", to_rust_ident(namespace), to_rust_ident(name));
        Ok(Self { catalog, root })
    }

    /// The module of an interface.
    #[must_use]
    pub fn module(&self, interface: &str) -> String {
        format!("{}::{}", self.root, to_rust_ident(interface))
    }

    /// The path of a named type.
    #[must_use]
    pub fn def(&self, def: &TypeDef) -> String {
        format!("{}::{}", self.module(&def.interface), def.name.to_upper_camel_case())
    }

    /// A type, as it is written in a signature.
    #[must_use]
    pub fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".to_owned(),
            Type::U8 => "u8".to_owned(),
            Type::U16 => "u16".to_owned(),
            Type::U32 => "u32".to_owned(),
            Type::U64 => "u64".to_owned(),
            Type::S8 => "i8".to_owned(),
            Type::S16 => "i16".to_owned(),
            Type::S32 => "i32".to_owned(),
            Type::S64 => "i64".to_owned(),
            Type::F32 => "f32".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::Char => "char".to_owned(),
            Type::String => "String".to_owned(),
            Type::List(item) => format!("Vec<{}>", self.ty(item)),
            Type::Option(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Tuple(items) => {
                format!("({},)", items.iter().map(|item| self.ty(item)).collect::<Vec<_>>().join(", "))
            }
            Type::Named(id) => self.def(self.catalog.types.get(*id)),
        }
    }

    /// Whether a type is an option.
    #[must_use]
    pub fn is_optional(&self, ty: &Type) -> bool {
        self.catalog.types.optional(ty).is_some()
    }

    /// Whether a type is a file to send, or a list of those.
    #[must_use]
    pub fn is_upload(&self, ty: &Type) -> bool {
        let types = &self.catalog.types;
        let ty = types.list_item(ty).unwrap_or(ty);
        matches!(ty, Type::Named(id) if types.get(*id).name == UPLOAD)
    }

    /// The number of options around a type that is JSON text; `None` for other types.
    #[must_use]
    pub fn json_text(&self, ty: &Type) -> Option<usize> {
        if self.catalog.types.format(ty) == Some("json") {
            return Some(0);
        }
        match ty {
            Type::Option(inner) => self.json_text(inner).map(|depth| depth + 1),
            _ => None,
        }
    }
}
