//! Whether a component exports what its WIT text declares.

use claude_admin_catalog::{Catalog, Kind, Type, Types};
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type as ComponentType};

/// Compares every action of the catalog with the exports.
pub(super) fn check(engine: &Engine, component: &Component, catalog: &Catalog) -> Result<(), String> {
    let component_type = component.component_type();
    for interface in catalog.interfaces.iter().filter(|interface| !interface.embedder) {
        let name = export_name(catalog, &interface.name);
        let Some(ComponentItem::ComponentInstance(instance)) =
            component_type.get_export(engine, &name).map(|export| export.ty)
        else {
            return Err(format!("`{name}` is not exported"));
        };
        for action in catalog.actions_of(&interface.name) {
            let Some(ComponentItem::ComponentFunc(function)) =
                instance.get_export(engine, &action.function).map(|export| export.ty)
            else {
                return Err(format!("`{name}` has no function `{}`", action.function));
            };
            let declared: Vec<(&str, &Type)> =
                action.params.iter().map(|param| (param.name.as_str(), &param.ty)).collect();
            check_function(&catalog.types, &function, &declared, action.result.as_ref())
                .map_err(|problem| format!("`{}`: {problem}", action.id))?;
        }
    }
    Ok(())
}

/// The name under which a component exports an interface: `claude:admin/users@0.1.0`.
pub(super) fn export_name(catalog: &Catalog, interface: &str) -> String {
    match catalog.package.split_once('@') {
        Some((package, version)) => format!("{package}/{interface}@{version}"),
        None => format!("{}/{interface}", catalog.package),
    }
}

fn check_function(
    types: &Types,
    function: &ComponentFunc,
    declared: &[(&str, &Type)],
    result: Option<&Type>,
) -> Result<(), String> {
    let params: Vec<(&str, ComponentType)> = function.params().collect();
    if params.len() != declared.len() {
        return Err(format!("it has {} parameters, but {} are declared", params.len(), declared.len()));
    }
    for ((name, ty), (declared_name, declared_ty)) in params.iter().zip(declared) {
        if name != declared_name || !same(types, declared_ty, ty) {
            return Err(format!("the parameter `{name}` is not the declared `{declared_name}`"));
        }
    }
    match function.results().next() {
        Some(ComponentType::Result(found)) => match (result, found.ok()) {
            (None, None) => Ok(()),
            (Some(declared), Some(ok)) if same(types, declared, &ok) => Ok(()),
            _ => Err("it returns another type than the declared one".to_owned()),
        },
        _ => Err("it does not return a result".to_owned()),
    }
}

fn same(types: &Types, declared: &Type, found: &ComponentType) -> bool {
    match (types.underlying(declared), found) {
        (Type::Bool, ComponentType::Bool)
        | (Type::U8, ComponentType::U8)
        | (Type::U16, ComponentType::U16)
        | (Type::U32, ComponentType::U32)
        | (Type::U64, ComponentType::U64)
        | (Type::S8, ComponentType::S8)
        | (Type::S16, ComponentType::S16)
        | (Type::S32, ComponentType::S32)
        | (Type::S64, ComponentType::S64)
        | (Type::F32, ComponentType::Float32)
        | (Type::F64, ComponentType::Float64)
        | (Type::Char, ComponentType::Char)
        | (Type::String, ComponentType::String) => true,
        (Type::List(item), ComponentType::List(list)) => same(types, item, &list.ty()),
        (Type::Option(inner), ComponentType::Option(option)) => same(types, inner, &option.ty()),
        (Type::Tuple(items), ComponentType::Tuple(tuple)) => {
            items.len() == tuple.types().len()
                && items.iter().zip(tuple.types()).all(|(item, ty)| same(types, item, &ty))
        }
        (Type::Named(id), found) => match (&types.get(*id).kind, found) {
            (Kind::Record(fields), ComponentType::Record(record)) => {
                fields.len() == record.fields().len()
                    && fields
                        .iter()
                        .zip(record.fields())
                        .all(|(field, found)| field.name == found.name && same(types, &field.ty, &found.ty))
            }
            (Kind::Enum(cases), ComponentType::Enum(found)) => {
                cases.iter().map(|case| case.name.as_str()).eq(found.names())
            }
            (Kind::Variant { cases, .. }, ComponentType::Variant(variant)) => {
                cases.len() == variant.cases().len()
                    && cases.iter().zip(variant.cases()).all(|(case, found)| {
                        case.name == found.name
                            && match (&case.payload, &found.ty) {
                                (None, None) => true,
                                (Some(declared), Some(found)) => same(types, declared, found),
                                _ => false,
                            }
                    })
            }
            _ => false,
        },
        _ => false,
    }
}
