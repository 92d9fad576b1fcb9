//! The names of the annotations, by the items that can have them.

/// Annotations of an interface.
pub(crate) const INTERFACE: &[&str] =
    &["alias", "auth", "available", "beta", "deprecated", "embedder", "family", "names"];
/// Annotations of a function that makes a request.
pub(crate) const FUNCTION: &[&str] = &[
    "activity",
    "alias",
    "ask",
    "auth",
    "available",
    "beta",
    "body",
    "code",
    "conflict",
    "const",
    "content",
    "default",
    "deprecated",
    "effect",
    "empty",
    "example",
    "flatten",
    "futile",
    "header",
    "http",
    "impact",
    "name",
    "null",
    "order",
    "param",
    "period",
    "range",
    "replaces",
    "reply",
    "risk",
    "sensitive",
    "span",
    "unit",
];
/// Annotations of a function for embedding programs.
pub(crate) const EMBEDDER_FUNCTION: &[&str] = &[];
/// Annotations of a type alias.
pub(crate) const ALIAS: &[&str] = &["prefix"];
/// Annotations of a variant.
pub(crate) const VARIANT: &[&str] = &["tag"];
/// Annotations of a record.
pub(crate) const RECORD: &[&str] = &["compact"];
/// Annotations of any other type.
pub(crate) const TYPE: &[&str] = &[];
/// Annotations of a field.
pub(crate) const FIELD: &[&str] = &[
    "const",
    "content",
    "default",
    "level",
    "name",
    "null",
    "owner",
    "promised",
    "range",
    "rest",
    "sensitive",
    "unit",
];
/// Annotations of a case.
pub(crate) const CASE: &[&str] = &["name"];

/// Annotations that are allowed only once.
pub(super) const ONCE: &[&str] = &[
    "activity",
    "body",
    "compact",
    "content",
    "default",
    "deprecated",
    "embedder",
    "family",
    "flatten",
    "http",
    "level",
    "names",
    "order",
    "owner",
    "reply",
    "rest",
    "risk",
    "tag",
    "unit",
];
/// Annotations without a value.
pub(super) const BARE: &[&str] = &["compact", "content", "embedder", "level", "owner", "rest"];
/// Annotations without a value on a field, which name a parameter on a function.
pub(super) const BARE_ON_A_FIELD: &[&str] = &["null", "promised", "sensitive"];
/// Annotations whose first word is a parameter, when they are on a function.
pub(super) const ABOUT_A_PARAM: &[&str] =
    &["default", "empty", "flatten", "header", "name", "null", "param", "range", "sensitive", "unit"];
