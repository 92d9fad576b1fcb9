//! The minimum risk of actions that another package declares: the risk that a reviewed package states for the same
//! requests.
//!
//! The text of a component is trusted only as far as the component itself. The text can raise a risk, but never lower
//! one.

use crate::{Action, Catalog, HttpRequest, Input, Method, PathTemplate, Place, Risk, Segment};
use std::sync::Arc;

impl Catalog {
    /// Raises the risk of every action to the risk that a reviewed package states for its request.
    ///
    /// An action has at least the risk of every reviewed action whose requests its own template can make. A request
    /// that no reviewed template covers is irreversible, or confidential if it is a `GET`. A confidential request stays
    /// confidential, whatever else the package states: see [`Action::also`]. If the response of the reviewed action
    /// contains a secret, the complete response of the action is treated as one.
    pub fn raise_to(&mut self, reviewed: &Self) {
        for action in self.actions.iter_mut().map(Arc::make_mut) {
            let overlapping: Vec<&Arc<Action>> =
                reviewed.actions.iter().filter(|known| overlap(&known.http, &action.http)).collect();
            let is_covered = overlapping.iter().any(|known| covers(&known.http.path, &action.http.path));
            let unknown = match action.http.method {
                _ if is_covered => None,
                Method::Get => Some(Risk::Confidential),
                _ => Some(Risk::Irreversible),
            };
            let known: Vec<Risk> = overlapping.iter().map(|known| known.risk).chain(unknown).collect();
            (action.risk, action.also) = raised(action.risk, &known);
            action.whole_secret = overlapping.iter().any(|known| known.sensitive);
            action.sensitive |= action.whole_secret;
            for known in overlapping.iter().copied() {
                hide_inputs(action, known, reviewed);
            }
        }
    }
}

/// The risk of an action, and the additional risk that applies to it, from the risk that its package states and the
/// known risks.
///
/// A confidential read does not become a write because its package states this: otherwise permits for writes would
/// permit it. A write does not become a confidential read either. In both cases the requirements of the stated risk are
/// added.
fn raised(stated: Risk, known: &[Risk]) -> (Risk, Option<Risk>) {
    let least = known.iter().copied().max().unwrap_or(Risk::Read);
    let risk = if least == Risk::Confidential { least } else { stated.max(least) };
    let is_confidential = stated == Risk::Confidential || known.contains(&Risk::Confidential);
    let also = match risk {
        Risk::Confidential => Some(stated).filter(|stated| stated.writes()),
        _ => Some(Risk::Confidential).filter(|_| is_confidential),
    };
    (risk, also)
}

/// Marks inputs of an action as secrets, if a reviewed action has a secret in the same request. The exceptions are the
/// inputs that the reviewed action sends at the same position of the request without a secret. The names of inputs are
/// ignored, because the package chooses them.
fn hide_inputs(action: &mut Action, known: &Action, reviewed: &Catalog) {
    let has_secret = |input: &Input| input.has_secret(&reviewed.types);
    if !known.inputs.iter().any(has_secret) {
        return;
    }
    let harmless: Vec<WirePlace> =
        known.inputs.iter().filter(|input| !has_secret(input)).map(|input| wire_place(known, input)).collect();
    let is_secret: Vec<bool> =
        action.inputs.iter().map(|input| !harmless.contains(&wire_place(action, input))).collect();
    for (input, is_secret) in action.inputs.iter_mut().zip(is_secret) {
        input.sensitive |= is_secret;
    }
}

/// The position of an input in a request: the wire names that lead to it, or the number of its segment in the path.
type WirePlace = (Place, Vec<String>);

fn wire_place(action: &Action, input: &Input) -> WirePlace {
    let param = action.params.iter().find(|param| param.name == input.param);
    let wire = param.map(|param| param.wire.clone()).unwrap_or_default();
    let path = match input.place {
        Place::Path => {
            let is_it = |segment: &Segment| matches!(segment, Segment::Param(name) if *name == input.param);
            vec![action.http.path.segments().iter().position(is_it).unwrap_or_default().to_string()]
        }
        // The fields of a record are sent under their own names.
        Place::Query => vec![input.fields.last().cloned().unwrap_or(wire)],
        Place::Header => vec![wire.to_ascii_lowercase()],
        Place::Body => {
            let own = Some(wire).filter(|_| !param.is_some_and(|param| param.flatten));
            own.into_iter().chain(input.fields.iter().cloned()).collect()
        }
    };
    (input.place, path)
}

/// Whether both templates can make the same request.
fn overlap(one: &HttpRequest, other: &HttpRequest) -> bool {
    let meet = |(one, other): (&Segment, &Segment)| match (one, other) {
        (Segment::Literal(one), Segment::Literal(other)) => one == other,
        _ => true,
    };
    let (one_path, other_path) = (one.path.segments(), other.path.segments());
    one.method == other.method && one_path.len() == other_path.len() && one_path.iter().zip(other_path).all(meet)
}

/// Whether every path of the inner template is also one of the outer template.
fn covers(outer: &PathTemplate, inner: &PathTemplate) -> bool {
    outer.segments().len() == inner.segments().len()
        && outer.segments().iter().zip(inner.segments()).all(|segments| match segments {
            (Segment::Param(_), _) => true,
            (Segment::Literal(outer), Segment::Literal(inner)) => outer == inner,
            (Segment::Literal(_), Segment::Param(_)) => false,
        })
}
