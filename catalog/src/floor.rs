//! The least risk of actions that another package declares: what a reviewed package says of the same requests.
//!
//! The text of a component is trusted only as far as the component is. Its own word can raise a risk and never lower one.

use crate::{Action, Catalog, HttpRequest, Method, PathTemplate, Risk, Segment};

impl Catalog {
    /// Raises the risk of every action to what a reviewed package says of its request.
    ///
    /// An action has at least the risk of every reviewed action whose requests its own template can make. A request that no
    /// reviewed template covers is irreversible, or confidential where it is a `GET`. Where the answer of the reviewed
    /// action is a secret, so is that of the action.
    pub fn raise_to(&mut self, reviewed: &Self) {
        for action in &mut self.actions {
            let overlapping: Vec<&Action> =
                reviewed.actions.iter().filter(|known| overlap(&known.http, &action.http)).collect();
            let is_covered = overlapping.iter().any(|known| covers(&known.http.path, &action.http.path));
            let unknown = match action.http.method {
                _ if is_covered => Risk::Read,
                Method::Get => Risk::Confidential,
                _ => Risk::Irreversible,
            };
            let known = overlapping.iter().map(|known| known.risk).max().unwrap_or(Risk::Read);
            action.risk = action.risk.max(known).max(unknown);
            action.sensitive |= overlapping.iter().any(|known| known.sensitive);
            // Where the reviewed request has secret arguments, only what is known to be none is shown.
            let is_secret = |known: &&Action| known.inputs.iter().any(|input| input.has_secret(&reviewed.types));
            for known in overlapping.iter().copied().filter(is_secret) {
                for input in &mut action.inputs {
                    input.sensitive |= known.input(&input.name).is_none_or(|known| known.has_secret(&reviewed.types));
                }
            }
        }
    }
}

/// Whether one request can be made by both templates.
fn overlap(one: &HttpRequest, other: &HttpRequest) -> bool {
    let meet = |(one, other): (&Segment, &Segment)| match (one, other) {
        (Segment::Literal(one), Segment::Literal(other)) => one == other,
        _ => true,
    };
    let (one_path, other_path) = (one.path.segments(), other.path.segments());
    one.method == other.method && one_path.len() == other_path.len() && one_path.iter().zip(other_path).all(meet)
}

/// Whether every path of the inner template is one of the outer.
fn covers(outer: &PathTemplate, inner: &PathTemplate) -> bool {
    outer.segments().len() == inner.segments().len()
        && outer.segments().iter().zip(inner.segments()).all(|segments| match segments {
            (Segment::Param(_), _) => true,
            (Segment::Literal(outer), Segment::Literal(inner)) => outer == inner,
            (Segment::Literal(_), Segment::Param(_)) => false,
        })
}
