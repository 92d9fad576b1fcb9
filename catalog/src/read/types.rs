//! Reads the types of a package.

use super::Reader;
use crate::check::{self, Item};
use crate::{Case, Field, Kind, Type, TypeDef, TypeId, VariantForm, snake_case};
use wit_parser::{TypeDefKind, TypeOwner};

impl Reader<'_> {
    pub(super) fn type_def(&mut self, id: wit_parser::TypeId) -> TypeId {
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

    pub(super) fn ty(&mut self, ty: &wit_parser::Type, item: &Item) -> Type {
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
}
