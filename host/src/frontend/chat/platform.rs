//! The port of a chat platform: what conversations need from it.

use super::Click;
use crate::audit::MessageId;
use crate::command::{Form, Markup};
use crate::decision::operation::{Operation, RequestKey};
use crate::document::Document;
use crate::identity::{Place, Platform, Principal};
use crate::service::{Kept, Reply, Request};
use std::fmt::Debug;
use std::time::Duration;

/// A chat platform: it authenticates senders, reads what they send, writes documents as messages, and delivers them.
///
/// Conversations do everything else: a platform decides nothing, and knows no command.
pub trait ChatPlatform: Debug + Send + Sync + Sized + 'static {
    /// The platform of the principals.
    const PLATFORM: Platform;
    /// The name of the platform in texts.
    const NAME: &'static str;
    /// The longest time until a command is acknowledged. A result that takes longer follows later.
    const INLINE: Duration;
    /// The times after a click at which the card shows the progress of a run.
    const PROGRESS: &'static [Duration];

    /// A delivery, with the proof of its origin.
    type Delivery: Send;
    /// The sender of a click, as the platform names them.
    type Sender: Debug + Send + Sync;
    /// The way for the messages that follow a command or a click.
    type Route: Debug + Send + Sync;
    /// A message in the format of the platform.
    type Message: Clone + Debug + Send + Sync;

    /// Authenticates the sender of a delivery and reads it. It accepts each delivery once, as far as it can see that one
    /// is repeated.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] for a delivery that is not accepted.
    fn receive(&self, delivery: Self::Delivery, now_ms: i64) -> Result<Received<Self>, NotAccepted>;

    /// Identifies the user who clicked on an element of a request; none if the platform does not name them.
    fn clicker(&self, click: &Click<Self>, request: Option<&Operation>)
    -> impl Future<Output = Option<Clicker>> + Send;

    /// Writes a short text as a message to one user.
    fn note(&self, text: &str) -> Self::Message;

    /// Writes a document as a message.
    fn message(&self, document: &Document, readers: Readers) -> Self::Message;

    /// Writes a reply in the format that its requester set. Returns also the file that must follow it, if there is one.
    fn reply(&self, reply: &Reply) -> (Self::Message, Option<File>);

    /// Opens a form for the rest of a command, and returns whether it is open. A platform without forms returns false.
    fn open_form(&self, route: &Self::Route, form: &Form) -> impl Future<Output = bool> + Send;

    /// Writes the problems of a form, by field, as the response to its values.
    fn form_problems(&self, problems: &[(String, String)]) -> Self::Message;

    /// Delivers a message that follows a command or a click.
    fn deliver(&self, route: &Self::Route, later: Later<'_, Self>) -> impl Future<Output = ()> + Send;

    /// Sends a file to the user of a route. If that fails, the user receives the cause.
    fn send_file(&self, route: &Self::Route, file: File) -> impl Future<Output = ()> + Send;

    /// Whether it can post messages that follow nothing.
    fn can_post(&self) -> bool;

    /// Whether only the two users of a direct message see a channel.
    fn is_direct(&self, channel: &str) -> bool;

    /// Posts or changes a message. Returns the ID of a message that can be changed later.
    ///
    /// # Errors
    ///
    /// [`PostError`] if the platform did not accept it, or if that is unknown.
    fn post(
        &self,
        target: &Target,
        document: &Document,
        attempt: u32,
    ) -> impl Future<Output = Result<Option<MessageId>, PostError>> + Send;

    /// Takes over the deliveries that an earlier value for the same platform accepted.
    fn continue_from(&self, earlier: &Self);
}

/// The content of a delivery.
#[derive(Debug)]
pub enum Received<P: ChatPlatform> {
    /// Nothing that a conversation handles.
    Nothing,
    /// A command.
    Command {
        /// The authenticated request.
        request: Request,
        /// The way for the messages that follow.
        route: P::Route,
        /// The response to the delivery.
        response: Response,
    },
    /// A click on an element of a card.
    Click(Click<P>),
    /// The values of a form.
    Submission(Submission<P>),
}

/// The response to the delivery of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// The result; or if it is late, the acknowledgement that it follows through the route.
    Result,
    /// The acknowledgement if the result is late. The result follows through the route.
    Acknowledgement,
    /// Nothing, immediately. The result follows through the route.
    Nothing,
}

/// The values of a form that this host opened.
#[derive(Debug)]
pub struct Submission<P: ChatPlatform> {
    /// The user.
    pub principal: Principal,
    /// The place of the command for which the form was opened.
    pub place: Place,
    /// The command as it was typed.
    pub line: String,
    /// Its markup.
    pub markup: Markup,
    /// The values, by field, with fields that have none.
    pub values: Vec<(String, String)>,
    /// The same for every delivery of these values.
    pub key: RequestKey,
    /// The way for the messages that follow.
    pub route: P::Route,
}

/// A delivery that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAccepted {
    /// The code for the audit log. `None`: a delivery of the platform that cannot be read, which is not recorded.
    pub code: Option<&'static str>,
    /// The problem. It contains nothing of the delivery that could be a secret.
    pub problem: String,
    /// The sender, if it is authenticated.
    pub sender: Option<Box<(Principal, Place)>>,
    /// Whether the origin of the delivery is proven.
    pub is_authentic: bool,
}

/// The user who clicked, and where.
#[derive(Debug)]
pub struct Clicker {
    /// The user.
    pub principal: Principal,
    /// The place.
    pub place: Place,
    /// Why the host cannot check the user and treats them as a user of another tenant.
    pub doubt: Option<String>,
}

/// The readers of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// One user.
    One,
    /// All users of a channel. Private tables are hidden.
    All,
}

/// A message that follows a command or a click.
#[derive(Debug)]
pub struct Later<'m, P: ChatPlatform> {
    /// The operation that it is about.
    pub operation: &'m str,
    /// Its content.
    pub document: &'m Document,
    /// Its content as a message.
    pub message: P::Message,
    /// The number of later messages that need the same route.
    pub more: u32,
    /// Its place.
    pub position: Position,
}

/// The place of a message that follows a command or a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Only the user sees it, and must receive it, if necessary as a direct message.
    User,
    /// The channel sees it.
    Channel,
    /// It replaces the card that was clicked.
    Card,
}

/// The full text of a result that does not fit into a message.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: String,
    /// The counted memory of the result.
    pub kept: Kept,
}

/// The target of a message that follows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The existing card.
    Card(MessageId),
    /// A channel without a card yet.
    NewCard(String),
    /// A user, as a direct message. It is never changed later.
    User(String),
    /// The thread of a card. It is never changed later.
    Thread {
        /// The card.
        card: MessageId,
        /// Whether the channel shows it too.
        in_channel: bool,
    },
}

/// Why a message was not posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct PostError {
    /// The problem, for people.
    pub problem: String,
    /// The problem as a code for the audit log.
    pub code: String,
    /// The time to wait before the platform can accept the same message; none if it would fail again.
    pub retry_in: Option<Duration>,
}
