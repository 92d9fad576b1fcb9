//! A WIT package and its annotations, as a catalog of actions.
//!
//! The WIT text is the only table of the project. The component, the command grammar, help, policy, egress rules and
//! the simulator are all derived from it through this crate. This crate knows no wasm runtime. Its only I/O is to read
//! the given WIT files.
//!
//! Annotations are lines of doc comments that begin with `@`; [`annotation`] lists them.
//!
//! ```
//! use claude_admin_catalog::{Catalog, PackageText};
//!
//! let text = PackageText::from_files([(
//!     "pets.wit",
//!     r#"
//!     package test:pets@0.1.0;
//!     /// Shared types.
//!     interface types {
//!         /// Why an action failed.
//!         variant error {
//!             /// For any reason.
//!             other(string),
//!         }
//!     }
//!     /// Pets.
//!     interface pets {
//!         use types.{error};
//!         /// Feed a pet.
//!         ///
//!         /// @http POST /v1/pets/{pet-id}/feed
//!         /// @risk reversible
//!         /// @effect The pet is fed.
//!         /// @example pets feed pet_1
//!         feed: func(pet-id: string) -> result<_, error>;
//!     }
//!     "#,
//! )]);
//! let catalog = Catalog::from_text(&text)?;
//! let feed = catalog.action("pets.feed").expect("declared above");
//! assert_eq!(feed.http.to_string(), "POST /v1/pets/{pet-id}/feed");
//! # Ok::<(), claude_admin_catalog::CatalogError>(())
//! ```

mod action;
pub mod annotation;
mod availability;
mod catalog;
mod check;
mod consequence;
mod constraint;
mod content;
mod error;
mod futile;
mod id;
mod impact;
mod input;
mod json_shape;
mod name_list;
mod package_text;
mod paging;
mod path_template;
mod platform;
mod playbook;
mod read;
mod read_only;
mod replaces;
mod reply_shape;
mod risk;
mod risk_floor;
mod secret;
mod short_form;
mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod texts;
mod types;
mod union;
mod unit;
mod wire_name;

pub use action::{Action, BodyForm, Credential, Interface, Param, Place, ReplyForm};
pub use availability::Availability;
pub use catalog::{Catalog, EmbedderFunction, PreparedError};
pub use consequence::{CodeEffect, ConditionalText, ErrorCode, InputCondition};
pub use constraint::{Condition, ConditionalAuth, ConditionalBeta, ConditionalRange, Conflict, Period, PeriodLimit};
pub use error::{CatalogError, Problem};
pub use futile::{Futile, Futility, TargetCondition};
pub use id::looks_like_a_tail;
pub use impact::Impact;
pub use input::{Input, Presence};
pub use json_shape::{JsonProblem, ProblemKind, describe};
pub use name_list::{ID, NameList};
pub use package_text::{COMPRESSED_SECTION_NAME, PackageText, SECTION_NAME, SectionError};
pub use paging::{Onward, Paging, joined_pages};
pub use path_template::{HttpRequest, Method, PathTemplate, Segment};
pub use platform::ApiPlatform;
pub use playbook::{PlaybookForm, PlaybookParameter};
pub use replaces::Replaces;
pub use reply_shape::{DifferenceKind, ReplyDifference, identifier};
pub use risk::Risk;
pub use short_form::ShortForm;
pub use target::{Placeholder, at_path};
pub use texts::TextAt;
pub use types::{Bounds, Case, Field, Kind, Type, TypeDef, TypeId, Types, VariantForm};
pub use union::Union;
pub use unit::{Currency, Unit};
pub use wire_name::snake_case;
