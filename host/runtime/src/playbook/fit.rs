//! Values in the types that a playbook was built with.
//!
//! A playbook that was built for an earlier version of the package continues to run when the package grows: fields that it
//! does not know are left out, words that it does not know become `other`, and parameters that it does not pass are absent.

use claude_admin_catalog::{Action, Kind, Type, Types};
use wasmtime::component::Val;
use wasmtime::component::types::{ComponentFunc, Type as Guest};

/// Compares an imported function with the action. Everything that the playbook passes must be known, and everything that
/// it expects must be returned.
pub(super) fn check(types: &Types, action: &Action, found: &ComponentFunc) -> Result<(), String> {
    for (name, guest) in found.params() {
        let param = action.params.iter().find(|param| param.name == name);
        let param = param.ok_or_else(|| format!("there is no parameter `{name}`"))?;
        fits(types, &param.ty, &guest, Direction::Passed).map_err(|problem| format!("`{name}`: {problem}"))?;
    }
    let missing = action.params.iter().find(|param| {
        let is_passed = found.params().any(|(name, _)| name == param.name);
        !is_passed && absent(types, &param.ty).is_none()
    });
    if let Some(missing) = missing {
        return Err(format!("it does not pass `{}`", missing.name));
    }
    let Some(Guest::Result(result)) = found.results().next() else {
        return Err("it does not expect a result".to_owned());
    };
    let error = types.iter().find(|(_, def)| def.name == "error").map(|(id, _)| Type::Named(id));
    let pairs = [(action.result.as_ref(), result.ok()), (error.as_ref(), result.err())];
    pairs.into_iter().try_for_each(|pair| match pair {
        (Some(ty), Some(guest)) => fits(types, ty, &guest, Direction::Returned),
        (None, None) => Ok(()),
        _ => Err("it expects another result".to_owned()),
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Passed,
    Returned,
}

fn fits(types: &Types, declared: &Type, guest: &Guest, direction: Direction) -> Result<(), String> {
    let within = |ty: &Type, guest: &Guest| fits(types, ty, guest, direction);
    let fits = match (types.underlying(declared), guest) {
        (Type::Bool, Guest::Bool)
        | (Type::U8, Guest::U8)
        | (Type::U16, Guest::U16)
        | (Type::U32, Guest::U32)
        | (Type::U64, Guest::U64)
        | (Type::S8, Guest::S8)
        | (Type::S16, Guest::S16)
        | (Type::S32, Guest::S32)
        | (Type::S64, Guest::S64)
        | (Type::F32, Guest::Float32)
        | (Type::F64, Guest::Float64)
        | (Type::Char, Guest::Char)
        | (Type::String, Guest::String) => true,
        (Type::List(item), Guest::List(list)) => return within(item, &list.ty()),
        (Type::Option(inner), Guest::Option(option)) => return within(inner, &option.ty()),
        (Type::Tuple(items), Guest::Tuple(tuple)) if items.len() == tuple.types().len() => {
            return items.iter().zip(tuple.types()).try_for_each(|(item, ty)| within(item, &ty));
        }
        (Type::Named(id), guest) => match (&types.get(*id).kind, guest) {
            (Kind::Record(fields), Guest::Record(record)) => {
                let given = |name: &str| record.fields().any(|field| field.name == name);
                let missing = fields.iter().find(|field| !given(&field.name) && absent(types, &field.ty).is_none());
                if let Some(missing) = missing.filter(|_| direction == Direction::Passed) {
                    return Err(format!("the field `{}` is missing", missing.name));
                }
                return record.fields().try_for_each(|found| {
                    match fields.iter().find(|field| field.name == found.name) {
                        Some(field) => {
                            within(&field.ty, &found.ty).map_err(|problem| format!("{}: {problem}", found.name))
                        }
                        None if direction == Direction::Returned && matches!(found.ty, Guest::Option(_)) => Ok(()),
                        None => Err(format!("there is no field `{}`", found.name)),
                    }
                });
            }
            (Kind::Enum(cases), Guest::Enum(found)) => {
                let is_known = |name: &str| cases.iter().any(|case| case.name == name);
                let has = |name: &str| found.names().any(|found| found == name);
                match direction {
                    Direction::Passed => found.names().all(is_known),
                    // A closed set has no `other` for a new word.
                    Direction::Returned => cases.iter().all(|case| has(&case.name)),
                }
            }
            (Kind::Variant { cases, .. }, Guest::Variant(variant)) => {
                let has_other = variant.cases().any(|case| case.name == OTHER);
                let has = |name: &str| variant.cases().any(|case| case.name == name);
                if direction == Direction::Returned && !has_other && !cases.iter().all(|case| has(&case.name)) {
                    return Err("it has no case `other` for new words".to_owned());
                }
                return variant.cases().try_for_each(|found| {
                    let case = cases.iter().find(|case| case.name == found.name);
                    match (case.map(|case| &case.payload), &found.ty) {
                        (Some(Some(ty)), Some(guest)) => within(ty, guest),
                        (Some(None), None) => Ok(()),
                        (None, _) if direction == Direction::Returned => Ok(()),
                        _ => Err(format!("there is no such case `{}`", found.name)),
                    }
                });
            }
            _ => false,
        },
        _ => false,
    };
    if fits { Ok(()) } else { Err("another type".to_owned()) }
}

/// The case for words that the types of a set do not have.
const OTHER: &str = "other";

/// The value of a parameter or a field that is not given; none if it must be given.
fn absent(types: &Types, ty: &Type) -> Option<Val> {
    match types.underlying(ty) {
        Type::Option(_) => Some(Val::Option(None)),
        Type::List(_) => Some(Val::List(Vec::new())),
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Record(fields) => {
                let fields = fields.iter().map(|field| Some((field.name.clone(), absent(types, &field.ty)?)));
                fields.collect::<Option<_>>().map(Val::Record)
            }
            _ => None,
        },
        _ => None,
    }
}

/// A value that a playbook passed, with the fields that it does not know.
pub(super) fn widened(types: &Types, ty: &Type, val: Val) -> Val {
    match (types.underlying(ty), val) {
        (Type::List(item), Val::List(vals)) => {
            Val::List(vals.into_iter().map(|val| widened(types, item, val)).collect())
        }
        (Type::Option(inner), Val::Option(Some(val))) => Val::Option(Some(Box::new(widened(types, inner, *val)))),
        (Type::Tuple(items), Val::Tuple(vals)) => {
            Val::Tuple(items.iter().zip(vals).map(|(item, val)| widened(types, item, val)).collect())
        }
        (Type::Named(id), val) => match (&types.get(*id).kind, val) {
            (Kind::Record(fields), Val::Record(vals)) => {
                let mut vals = vals;
                let field = |field: &claude_admin_catalog::Field| {
                    let given = vals.iter().position(|(name, _)| *name == field.name);
                    let val = match given {
                        Some(index) => widened(types, &field.ty, vals.swap_remove(index).1),
                        None => absent(types, &field.ty).unwrap_or(Val::Option(None)),
                    };
                    (field.name.clone(), val)
                };
                Val::Record(fields.iter().map(field).collect())
            }
            (Kind::Variant { cases, .. }, Val::Variant(name, Some(val))) => {
                let payload = cases.iter().find(|case| case.name == name).and_then(|case| case.payload.as_ref());
                let val = match payload {
                    Some(ty) => widened(types, ty, *val),
                    None => *val,
                };
                Val::Variant(name, Some(Box::new(val)))
            }
            (_, val) => val,
        },
        (_, val) => val,
    }
}

/// The value of a parameter that a playbook does not pass.
pub(super) fn not_passed(types: &Types, ty: &Type) -> Option<Val> {
    absent(types, ty)
}

/// A value without what a playbook does not know.
pub(super) fn narrowed(val: Val, guest: &Guest) -> Val {
    match (val, guest) {
        (Val::Record(vals), Guest::Record(record)) => {
            let mut vals = vals;
            let field = |field: wasmtime::component::types::Field<'_>| {
                let known = vals.iter().position(|(name, _)| name == field.name);
                let val = known.map_or(Val::Option(None), |index| narrowed(vals.swap_remove(index).1, &field.ty));
                (field.name.to_owned(), val)
            };
            Val::Record(record.fields().map(field).collect())
        }
        (Val::List(vals), Guest::List(list)) => {
            let item = list.ty();
            Val::List(vals.into_iter().map(|val| narrowed(val, &item)).collect())
        }
        (Val::Option(Some(val)), Guest::Option(option)) => Val::Option(Some(Box::new(narrowed(*val, &option.ty())))),
        (Val::Tuple(vals), Guest::Tuple(tuple)) => {
            Val::Tuple(vals.into_iter().zip(tuple.types()).map(|(val, ty)| narrowed(val, &ty)).collect())
        }
        (Val::Result(Ok(Some(val))), Guest::Result(result)) => Val::Result(Ok(Some(Box::new(match result.ok() {
            Some(ty) => narrowed(*val, &ty),
            None => *val,
        })))),
        (Val::Result(Err(Some(val))), Guest::Result(result)) => Val::Result(Err(Some(Box::new(match result.err() {
            Some(ty) => narrowed(*val, &ty),
            None => *val,
        })))),
        (Val::Variant(name, payload), Guest::Variant(variant)) => {
            match variant.cases().find(|case| case.name == name) {
                Some(case) => {
                    let narrow = |val: Box<Val>| match &case.ty {
                        Some(ty) => Box::new(narrowed(*val, ty)),
                        None => val,
                    };
                    Val::Variant(name, payload.map(narrow))
                }
                // A word that is newer than the playbook.
                None => Val::Variant(OTHER.to_owned(), Some(Box::new(Val::String(name)))),
            }
        }
        (val, _) => val,
    }
}
