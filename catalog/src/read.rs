//! From the text of a WIT package to a [`Catalog`].

use crate::annotation::Docs;
use crate::check::{self, Checker, Item};
use crate::{
    Action, BodyForm, Bounds, Case, Catalog, CatalogError, Credential, EmbedderFunction, Field, Input, Interface, Kind,
    PackageText, Paging, Param, Place, ReplyForm, Risk, Type, TypeDef, TypeId, Types, VariantForm, snake_case,
};
use std::collections::{BTreeMap, HashMap};
use wit_parser::{Resolve, SourceMap, TypeDefKind, TypeOwner};

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
                    catalog.actions.push(action);
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

    fn type_def(&mut self, id: wit_parser::TypeId) -> TypeId {
        if let Some(known) = self.ids.get(&id) {
            return *known;
        }
        let def = &self.resolve.types[id];
        // `use types.{user-id}` creates an alias with the same name in the interface that uses it: follow the alias to
        // the original.
        if let (TypeDefKind::Type(wit_parser::Type::Id(target)), TypeOwner::Interface(owner)) = (&def.kind, def.owner) {
            let target_def = &self.resolve.types[*target];
            if target_def.owner != TypeOwner::Interface(owner) && target_def.name.is_some() {
                let home = self.type_def(*target);
                self.ids.insert(id, home);
                return home;
            }
        }
        let interface = match def.owner {
            TypeOwner::Interface(owner) => self.resolve.interfaces[owner].name.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let name = def.name.clone().unwrap_or_default();
        let item = Item::new(format!("{interface}.{name}"), def.span);
        let allowed = match def.kind {
            TypeDefKind::Type(_) => check::ALIAS,
            TypeDefKind::Variant(_) => check::VARIANT,
            TypeDefKind::Record(_) => check::RECORD,
            _ => check::TYPE,
        };
        let docs = self.docs(&def.docs, &item, allowed);
        let kind = match &def.kind {
            TypeDefKind::Record(record) => {
                Kind::Record(record.fields.iter().map(|field| self.field(field, &item)).collect())
            }
            TypeDefKind::Enum(cases) => Kind::Enum(
                cases.cases.iter().map(|case| self.case(&case.name, &case.docs, None, &item, case.span)).collect(),
            ),
            TypeDefKind::Variant(variant) => {
                let cases: Vec<Case> = variant
                    .cases
                    .iter()
                    .map(|case| self.case(&case.name, &case.docs, case.ty.as_ref(), &item, case.span))
                    .collect();
                let form = self.variant_form(&cases, docs.value("tag").as_deref());
                Kind::Variant { cases, form }
            }
            TypeDefKind::Type(target) => Kind::Alias(self.ty(target, &item)),
            other => {
                self.checker.problem(
                    &item,
                    format!("a {} cannot be sent as JSON", other.as_str()),
                    "use a record, an enum, a variant or an alias",
                );
                Kind::Alias(Type::String)
            }
        };
        self.types.defs.push(TypeDef {
            interface,
            name,
            prefixes: docs.values("prefix").map(str::to_owned).collect(),
            compact: docs.has("compact"),
            docs: docs.prose,
            kind,
        });
        let own = TypeId(self.types.defs.len() - 1);
        self.ids.insert(id, own);
        own
    }

    fn field(&mut self, field: &wit_parser::Field, record: &Item) -> Field {
        let item = record.child(&field.name, field.span);
        let docs = self.docs(&field.docs, &item, check::FIELD);
        Field {
            name: field.name.clone(),
            wire: docs.value("name").unwrap_or_else(|| snake_case(&field.name)),
            ty: self.ty(&field.ty, &item),
            range: docs.value("range").and_then(|text| self.checker.bounds(&text, &item)),
            unit: docs.value("unit").and_then(|text| self.checker.parsed(&text, &item)),
            default: docs.value("default"),
            sensitive: docs.has("sensitive"),
            content: docs.has("content"),
            owner: docs.has("owner"),
            promised: docs.has("promised"),
            constant: docs.value("const"),
            null_when_none: docs.has("null"),
            rest: docs.has("rest"),
            level: docs.has("level"),
            docs: docs.prose,
        }
    }

    fn case(
        &mut self,
        name: &str,
        docs: &wit_parser::Docs,
        payload: Option<&wit_parser::Type>,
        owner: &Item,
        span: wit_parser::Span,
    ) -> Case {
        let item = owner.child(name, span);
        let docs = self.docs(docs, &item, check::CASE);
        Case {
            name: name.to_owned(),
            wire: docs.value("name").unwrap_or_else(|| snake_case(name)),
            payload: payload.map(|ty| self.ty(ty, &item)),
            docs: docs.prose,
        }
    }

    fn variant_form(&self, cases: &[Case], tag: Option<&str>) -> VariantForm {
        if let Some(tag) = tag {
            return VariantForm::Tagged(tag.to_owned());
        }
        let mut with_payload = cases.iter().filter(|case| case.payload.is_some());
        match (with_payload.next(), with_payload.next()) {
            (Some(case), None) if case.name == "other" && case.payload == Some(Type::String) => VariantForm::OpenWords,
            (Some(case), None)
                if case.payload.as_ref().is_some_and(|ty| self.types.underlying(ty) != &Type::String) =>
            {
                VariantForm::WordOrValue
            }
            _ => VariantForm::NotJson,
        }
    }

    fn ty(&mut self, ty: &wit_parser::Type, item: &Item) -> Type {
        use wit_parser::Type as Wit;
        match ty {
            Wit::Bool => Type::Bool,
            Wit::U8 => Type::U8,
            Wit::U16 => Type::U16,
            Wit::U32 => Type::U32,
            Wit::U64 => Type::U64,
            Wit::S8 => Type::S8,
            Wit::S16 => Type::S16,
            Wit::S32 => Type::S32,
            Wit::S64 => Type::S64,
            Wit::F32 => Type::F32,
            Wit::F64 => Type::F64,
            Wit::Char => Type::Char,
            Wit::String => Type::String,
            Wit::ErrorContext => self.not_plain("error-context", item),
            Wit::Id(id) => match &self.resolve.types[*id] {
                wit_parser::TypeDef { name: Some(_), .. } => Type::Named(self.type_def(*id)),
                anonymous => match &anonymous.kind {
                    TypeDefKind::List(inner) => Type::List(Box::new(self.ty(inner, item))),
                    TypeDefKind::Option(inner) => Type::Option(Box::new(self.ty(inner, item))),
                    TypeDefKind::Tuple(tuple) => Type::Tuple(tuple.types.iter().map(|ty| self.ty(ty, item)).collect()),
                    TypeDefKind::Type(inner) => self.ty(inner, item),
                    other => self.not_plain(other.as_str(), item),
                },
            },
        }
    }

    fn not_plain(&mut self, what: &str, item: &Item) -> Type {
        self.checker.problem(
            item,
            format!("a {what} is not a plain value"),
            "use records, variants, lists, options and tuples",
        );
        Type::String
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

    fn action(
        &mut self,
        interface: &str,
        interface_docs: &Docs,
        function: &wit_parser::Function,
        item: &Item,
    ) -> Option<Action> {
        let docs = self.docs(&function.docs, item, check::FUNCTION);
        let result = self.result(function, item);
        let http = self.checker.http(&docs, item)?;
        let risk = self.checker.risk(&docs, item, http.method);
        let names: Vec<&str> = function.params.iter().map(|param| param.name.as_str()).collect();
        self.checker.params_exist(&docs, item, &names, &http);

        let about = |annotation: &str, param: &str| -> Option<String> {
            docs.values(annotation)
                .filter_map(|value| value.split_once(' '))
                .find(|(name, _)| *name == param)
                .map(|(_, rest)| rest.trim().to_owned())
        };
        let mut params = Vec::new();
        for param in &function.params {
            let header = about("header", &param.name);
            let place = if http.path.params().any(|name| name == param.name) {
                Place::Path
            } else if header.is_some() {
                Place::Header
            } else if http.method.has_body() {
                Place::Body
            } else {
                Place::Query
            };
            // Bounds with a condition are read elsewhere.
            let range = about("range", &param.name).filter(|text| !text.contains('='));
            let range: Option<Bounds> = range.and_then(|text| self.checker.bounds(&text, item));
            params.push(Param {
                name: param.name.clone(),
                wire: header.or_else(|| about("name", &param.name)).unwrap_or_else(|| snake_case(&param.name)),
                ty: self.ty(&param.ty, item),
                docs: about("param", &param.name).unwrap_or_default(),
                place,
                range,
                unit: about("unit", &param.name).and_then(|text| self.checker.parsed(&text, item)),
                default: about("default", &param.name),
                null_when_none: docs.values("null").any(|name| name == param.name),
                flatten: docs.values("flatten").any(|name| name == param.name),
                sensitive: docs.values("sensitive").any(|name| name == param.name),
                takes_empty: docs.values("empty").any(|name| name == param.name),
            });
        }
        let available = {
            let own = if docs.has("available") { &docs } else { interface_docs };
            let words = own.values("available").flat_map(str::split_whitespace);
            words.filter_map(|word| self.checker.parsed(word, item)).collect()
        };
        self.checker.prose(&docs, item, risk);
        self.checker.content(&docs, item, risk, result.as_ref(), &self.types);
        self.checker.json_types(&params, result.as_ref(), &self.types, item);
        let inputs = Input::of_params(&params, &self.types);
        self.checker.inputs(&inputs, &self.types, item);
        let (mut auth, conditional_auth) = self.checker.auth(&docs, item, &inputs);
        if auth.is_empty() {
            auth = self.checker.auth(interface_docs, item, &[]).0;
        }
        if auth.is_empty() {
            auth = vec![Credential::AdminKey, Credential::OauthToken];
        }
        let periods = self.checker.periods(&docs, item, &inputs);
        let period_limits = self.checker.period_limits(&docs, item, &inputs, &periods);
        let conditional_ranges = self.checker.conditional_ranges(&docs, item, &inputs);
        self.checker.order(&docs, item, result.as_ref(), &self.types);
        let conflicts = self.checker.conflicts(&docs, item, &inputs);
        let multipart = self.checker.form(&docs, item, "body", "multipart");
        let bytes = self.checker.form(&docs, item, "reply", "bytes");
        if bytes {
            self.checker.file_reply(result.as_ref(), &self.types, item);
        }
        let effects = self.checker.conditional_texts(&docs, "effect", item, &inputs);
        let questions = self.checker.conditional_texts(&docs, "ask", item, &inputs);
        let impacts = self.checker.impacts(&docs, item);
        let replaces = self.checker.replaces(&docs, item);
        let futile = self.checker.futile(&docs, item, &inputs);
        let codes = self.checker.codes(&docs, item);
        let examples = docs.values("example").map(str::to_owned).collect();
        let aliases = docs.values("alias").map(str::to_owned).collect();
        let (mut betas, conditional_betas) = self.checker.betas(&docs, item, &params);
        betas.extend(interface_docs.values("beta").map(str::to_owned));
        let constants = docs
            .values("const")
            .filter_map(|text| text.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let sensitive = result.as_ref().is_some_and(|ty| self.types.has_secret(ty));
        Some(Action {
            id: item.name.clone(),
            interface: interface.to_owned(),
            function: function.name.clone(),
            paging: Paging::of(&inputs, result.as_ref(), &self.types),
            params,
            inputs,
            result,
            http,
            risk,
            also: None,
            auth,
            conditional_auth,
            betas,
            conditional_betas,
            constants,
            effects,
            questions,
            impacts,
            replaces,
            futile,
            codes,
            available,
            examples,
            aliases,
            sensitive,
            whole_secret: false,
            body_form: if multipart { BodyForm::Multipart } else { BodyForm::Json },
            reply_form: if bytes { ReplyForm::Bytes } else { ReplyForm::Json },
            periods,
            period_limits,
            conditional_ranges,
            conflicts,
            deprecated: docs.value("deprecated").or_else(|| interface_docs.value("deprecated")),
            docs,
        })
    }
}

/// The risk of an action without a stated risk: the highest one, because that is the safest assumption.
pub(crate) const UNSTATED: Risk = Risk::Irreversible;
