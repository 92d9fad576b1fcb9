//! From the text of a WIT package to a [`Catalog`].

mod action;
mod types;

use crate::annotation::Docs;
use crate::check::{self, Checker, Item};
use crate::{Catalog, CatalogError, EmbedderFunction, Interface, PackageText, Type, TypeId, Types};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use wit_parser::{Resolve, SourceMap, TypeDefKind};

pub(crate) fn read(text: &PackageText) -> Result<Catalog, CatalogError> {
    let mut sources = SourceMap::default();
    for (name, file) in text.files() {
        sources.push_str(name, file);
    }
    let group = sources.parse().map_err(|(sources, error)| CatalogError::Syntax(error.render(&sources)))?;
    let mut resolve = Resolve::new();
    let package = resolve.push_group(group).map_err(|error| CatalogError::Syntax(error.render(&resolve.source_map)))?;

    let mut reader =
        Reader { resolve: &resolve, checker: Checker::new(&resolve), types: Types::default(), ids: HashMap::new() };
    let catalog = reader.package(package);
    reader.checker.finish(catalog)
}

struct Reader<'r> {
    resolve: &'r Resolve,
    checker: Checker<'r>,
    types: Types,
    ids: HashMap<wit_parser::TypeId, TypeId>,
}

impl Reader<'_> {
    fn package(&mut self, package: wit_parser::PackageId) -> Catalog {
        let package = &self.resolve.packages[package];
        let by_name: BTreeMap<&String, wit_parser::InterfaceId> =
            package.interfaces.iter().map(|(name, id)| (name, *id)).collect();
        for id in by_name.values() {
            for type_id in self.resolve.interfaces[*id].types.values() {
                self.type_def(*type_id);
            }
        }
        let mut catalog = Catalog {
            package: package.name.to_string(),
            interfaces: Vec::new(),
            actions: Vec::new(),
            embedder_functions: Vec::new(),
            types: Types::default(),
            looks_up: true,
            playbooks: Vec::new(),
        };
        for (name, id) in by_name {
            let interface = &self.resolve.interfaces[id];
            let item = Item::new(name.clone(), interface.span);
            let docs = self.docs(&interface.docs, &item, check::INTERFACE);
            if interface.functions.is_empty() {
                continue;
            }
            let embedder = docs.has("embedder");
            for function in interface.functions.values() {
                let item = Item::new(format!("{name}.{}", function.name), function.span);
                if embedder {
                    self.docs(&function.docs, &item, check::EMBEDDER_FUNCTION);
                    catalog.embedder_functions.push(self.embedder_function(name, function));
                } else if let Some(action) = self.action(name, &docs, function, &item) {
                    catalog.actions.push(Arc::new(action));
                }
            }
            let aliases = docs.values("alias").map(str::to_owned).collect();
            let family = docs.value("family").unwrap_or_else(|| name.clone());
            let deprecated = docs.value("deprecated");
            let names = docs
                .value("names")
                .map(|text| text.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default();
            let place = if interface.span.is_known() { interface.span.start() } else { u32::MAX };
            catalog.interfaces.push(Interface {
                name: name.clone(),
                docs,
                aliases,
                embedder,
                family,
                deprecated,
                names,
                place,
            });
        }
        catalog.types = std::mem::take(&mut self.types);
        catalog
    }

    fn docs(&mut self, docs: &wit_parser::Docs, item: &Item, allowed: &[&str]) -> Docs {
        let docs = Docs::parse(docs.contents.as_deref().unwrap_or_default());
        self.checker.annotations(&docs, item, allowed);
        docs
    }

    /// Splits `result<T, error>`. A function that returns another type is a problem.
    fn result(&mut self, function: &wit_parser::Function, item: &Item) -> Option<Type> {
        let Some(wit_parser::Type::Id(id)) = function.result else {
            self.checker.result_problem(item);
            return None;
        };
        let TypeDefKind::Result(result) = &self.resolve.types[id].kind else {
            self.checker.result_problem(item);
            return None;
        };
        match result.err {
            Some(wit_parser::Type::Id(id)) if self.resolve.types[id].name.as_deref() == Some("error") => {}
            _ => self.checker.result_problem(item),
        }
        result.ok.as_ref().map(|ty| self.ty(ty, item))
    }

    fn embedder_function(&mut self, interface: &str, function: &wit_parser::Function) -> EmbedderFunction {
        let item = Item::new(format!("{interface}.{}", function.name), function.span);
        let result = match function.result {
            Some(wit_parser::Type::Id(id)) => match &self.resolve.types[id].kind {
                TypeDefKind::Result(result) => result.ok.as_ref().map(|ty| self.ty(ty, &item)),
                _ => None,
            },
            _ => None,
        };
        EmbedderFunction {
            id: item.name.clone(),
            params: function.params.iter().map(|param| (param.name.clone(), self.ty(&param.ty, &item))).collect(),
            result,
        }
    }
}
