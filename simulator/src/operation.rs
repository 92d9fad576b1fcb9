//! The kinds of operations.

/// The kind of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `GET /things`, if `things` is a collection.
    List,
    /// `POST /things`.
    Create,
    /// `GET /things/{id}`.
    Read,
    /// `POST /things/{id}`.
    Update,
    /// `DELETE /things/{id}`.
    Delete,
    /// `POST /things/{id}/archive`: an act on an item.
    Act,
    /// `GET /settings`: the singleton object of a path.
    ReadSingleton,
    /// `POST /settings`.
    UpdateSingleton,
    /// `DELETE /settings`.
    DeleteSingleton,
    /// `GET /things/{id}/content`: the file that belongs to an item.
    Download,
    /// `POST /things/validate`: changes no state of the simulation.
    Call,
}
