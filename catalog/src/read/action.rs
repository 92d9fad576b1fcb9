//! Reads a function that makes a request as an action.

use super::Reader;
use crate::annotation::Docs;
use crate::check::{self, Item};
use crate::{Action, BodyForm, Bounds, Credential, Input, Paging, Param, Place, ReplyForm, snake_case};

impl Reader<'_> {
    pub(super) fn action(
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
            activity: docs.value("activity"),
            deprecated: docs.value("deprecated").or_else(|| interface_docs.value("deprecated")),
            docs,
        })
    }
}
