//! Tests of the differences between a response and its type.

use crate::{Catalog, PackageText};
use serde_json::{Value, json};

fn differences(reply: &Value) -> Vec<(String, String, usize)> {
    let text = PackageText::from_files([(
        "pets.wit",
        r#"
        package test:pets@0.1.0;
        /// Shared types.
        interface types {
            /// Why an action failed.
            variant error {
                /// For any reason.
                other(string),
            }
        }
        /// Pets.
        interface pets {
            use types.{error};
            /// A kind.
            enum kind {
                /// A cat.
                cat,
            }
            /// A mood.
            variant mood {
                /// Good.
                good,
                /// Another one.
                other(string),
            }
            /// A chip in the ear.
            record chip {
                /// Its number.
                number: string,
            }
            /// How a pet is known.
            ///
            /// @tag type
            variant tag {
                /// By its ear.
                chip(chip),
                /// By its voice.
                voice,
            }
            /// A pet.
            record pet {
                /// The name.
                ///
                /// @promised
                name: option<string>,
                /// The age in years.
                age: option<u8>,
                /// The kind.
                kind: kind,
                /// The mood.
                mood: mood,
                /// How it is known.
                tag: tag,
                /// Weights by day.
                weights: list<tuple<string, f64>>,
            }
            /// A list.
            record pets-page {
                /// The pets.
                data: list<pet>,
            }
            /// List pets.
            ///
            /// @http GET /v1/pets
            /// @risk read
            /// @example pets list
            %list: func() -> result<pets-page, error>;
        }
        "#,
    )]);
    let catalog = Catalog::from_text(&text).unwrap();
    let ty = catalog.action("pets.list").unwrap().result.clone().unwrap();
    let found = catalog.types.reply_differences(&ty, reply);
    found.into_iter().map(|found| (found.path, found.kind.to_string(), found.count)).collect()
}

fn pet() -> Value {
    json!({ "name": "n", "age": 3, "kind": "cat", "mood": "good", "tag": { "type": "voice" }, "weights": { "SECRET-KEY": 1.5 } })
}

#[test]
fn reply_of_the_declared_shape_has_no_difference() {
    assert_eq!(differences(&json!({ "data": [pet()] })), []);
    let mut without = pet();
    without.as_object_mut().unwrap().shift_remove("age");
    assert_eq!(differences(&json!({ "data": [without] })), []);
}

#[test]
fn each_kind_of_difference_is_found_without_its_value() {
    for (field, value, path, text) in [
        ("colour", json!("SECRET"), "data[].colour", "field that the WIT does not have (string)"),
        ("SECRET ada@example.com", json!(1), "data[].*", "field that the WIT does not have (number)"),
        ("user01234567", json!(1), "data[].*", "field that the WIT does not have (number)"),
        ("name", json!(7), "data[].name", "number instead of string"),
        ("name", json!(null), "data[].name", "null instead of string"),
        ("age", json!("SECRET"), "data[].age", "string instead of u8"),
        ("age", json!(256), "data[].age", "number outside u8"),
        ("age", json!(1.5), "data[].age", "number outside u8"),
        ("kind", json!("dog_like"), "data[].kind", "value that is not in the closed set: dog_like"),
        ("kind", json!("SECRET"), "data[].kind", "value that is not in the closed set"),
        ("mood", json!("bad"), "data[].mood", "value that is not in the open set yet: bad"),
        ("tag", json!({ "type": "chip", "number": 1 }), "data[].tag.number", "number instead of string"),
        (
            "tag",
            json!({ "type": "voice", "pitch": 1 }),
            "data[].tag.pitch",
            "field that the WIT does not have (number)",
        ),
        ("weights", json!({ "SECRET": "x" }), "data[].weights.*", "string instead of number"),
        ("weights", json!(["SECRET"]), "data[].weights", "array instead of object"),
    ] {
        let mut pet = pet();
        pet[field] = value;
        let found = differences(&json!({ "data": [pet, pet.clone()] }));
        assert_eq!(found, [(path.to_owned(), text.to_owned(), 2)]);
    }
    let mut without = pet();
    without.as_object_mut().unwrap().shift_remove("name");
    let found = differences(&json!({ "data": [pet(), without] }));
    assert_eq!(found, [("data[].name".to_owned(), "required field is missing (string)".to_owned(), 1)]);
    assert_eq!(differences(&json!([]))[0].1, "array instead of object");
}
