//! The declaration of a module, which is its dispatch as well.
//!
//! One list of routes answers three questions: what is there (`describe`), who answers (`handle`), and
//! how is a command used (the usage line). So none of them can go stale.

use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::{Call, Error, Media, Reply, Result};

/// A handler: gets the call, gives the reply.
///
/// A plain function, so that it can be called in a test, shared by a command and a button, and read
/// without knowing anything else.
pub type Handler = fn(&Call) -> Result<Reply>;

/// What a module can do: its commands, buttons, questions and text patterns, each with its handler.
///
/// ```
/// use umbrasil_sdk::prelude::*;
///
/// fn module() -> Module {
///     Module::new("Dice")
///         .summary("Rolls, and remembers what you rolled")
///         .menu("🎲 Dice", "roll")
///         .command("roll", "Rolls the dice", roll)
///         .optional("SIDES", "how many sides, as in 20")
///         .example("/roll 20")
///         .action("roll", roll)
/// }
///
/// fn roll(call: &Call) -> Result<Reply> {
///     let sides = call.get(0).unwrap_or("6");
///     Ok(Reply::text(format!("A die with {sides} sides")).row([Button::new("Again", "roll").arg(sides)]))
/// }
/// # let mut host = umbrasil_sdk::testing::Host::new(module());
/// # assert_eq!(host.command("/roll").unwrap().text(), "A die with 6 sides");
/// # assert_eq!(host.press("Again").unwrap().text(), "A die with 6 sides");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Module {
    pub(crate) title: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) menu: Option<(&'static str, &'static str)>,
    pub(crate) routes: Vec<Route>,
    /// Whether an argument or an example was given where no command was before it.
    pub(crate) misplaced: bool,
}

/// One name and who answers it.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) handler: Handler,
}

/// How a route is reached.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Command(Command),
    Action,
    Answer,
    Pattern { regex: &'static str },
    Tick,
    File(Media, wit::Captions),
}

/// What people are told about a command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) example: &'static str,
    pub(crate) reads_only: bool,
}

/// One word that a command takes.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) required: bool,
}

impl Module {
    /// Starts a module; `title` is its name as people read it.
    pub fn new(title: &'static str) -> Self {
        Self { title, summary: "", menu: None, routes: Vec::new(), misplaced: false }
    }

    /// Says in one line what the module is for.
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Puts a line into the main menu, which calls the action `action`.
    pub fn menu(mut self, label: &'static str, action: &'static str) -> Self {
        self.menu = Some((label, action));
        self
    }

    /// Answers `/name`. The arguments and the example of the command follow it.
    ///
    /// Names are small letters, digits and `_`, and begin with a letter. The summary is what the user
    /// reads in /help and in Telegram's list of commands: one line that says what happens.
    pub fn command(self, name: &'static str, summary: &'static str, handler: Handler) -> Self {
        let command = Command { name, summary, ..Command::default() };
        self.route(Kind::Command(command), name, handler)
    }

    /// Adds an argument that the command before this line needs. Without it the handler isn't called,
    /// and the user reads the usage line.
    ///
    /// `name` is written as in the usage line, such as `AMOUNT`; `help` says what it means, best with an
    /// example, such as `how much, as in 12.50`.
    pub fn argument(self, name: &'static str, help: &'static str) -> Self {
        self.change_command(|command| {
            command.arguments.push(Argument { name, help, required: true });
        })
    }

    /// Adds an argument that the command before this line can do without.
    pub fn optional(self, name: &'static str, help: &'static str) -> Self {
        self.change_command(|command| {
            command.arguments.push(Argument { name, help, required: false });
        })
    }

    /// Shows how the command before this line is typed, as in `/expense 12.50 food coffee`.
    pub fn example(self, example: &'static str) -> Self {
        self.change_command(|command| command.example = example)
    }

    /// Promises that the command before this line changes nothing. When another module calls it, the host
    /// holds it to that, and does not ask the owner first.
    pub fn reads_only(self) -> Self {
        self.change_command(|command| command.reads_only = true)
    }

    /// Answers the buttons that were made with [`Button::new`](crate::Button::new) and this name.
    pub fn action(self, name: &'static str, handler: Handler) -> Self {
        self.route(Kind::Action, name, handler)
    }

    /// Answers what the user writes after [`chat::expect`](crate::chat::expect) with this name.
    ///
    /// The call carries the arguments of the question, and the whole message as its text. A question is
    /// asked once: who wants to ask again, because the answer makes no sense, expects again.
    pub fn answer(self, name: &'static str, handler: Handler) -> Self {
        self.route(Kind::Answer, name, handler)
    }

    /// Answers a text that is no command and that `regex` (in the syntax of the `regex` crate) is found
    /// in. The capture groups become the arguments of the call.
    ///
    /// The host matches, so a component needs no `regex` of its own. Begin with `^` where you can: a
    /// pattern that is found anywhere catches what was meant for another module.
    pub fn pattern(self, name: &'static str, regex: &'static str, handler: Handler) -> Self {
        self.route(Kind::Pattern { regex }, name, handler)
    }

    /// Runs when the schedule `name` of the manifest is due. There is no chat: the reply goes to the owner.
    pub fn schedule(self, name: &'static str, handler: Handler) -> Self {
        self.route(Kind::Tick, name, handler)
    }

    /// Answers a photo, document or voice message that a user sends; [`Call::file`] tells about it, and
    /// the capability `files` reads it.
    ///
    /// Where several modules take such files, whoever sent one begins its caption with the name of the one
    /// that it is for, or is asked; see also [`Module::file_with_caption`].
    pub fn file(self, media: Media, handler: Handler) -> Self {
        self.route(Kind::File(media, wit::Captions::Any), media.name(), handler)
    }

    /// Like [`Module::file`], for files with a caption, such as a question about a picture: those without go
    /// to another module that takes them, if there is one.
    pub fn file_with_caption(self, media: Media, handler: Handler) -> Self {
        self.route(Kind::File(media, wit::Captions::Captioned), media.name(), handler)
    }

    /// Like [`Module::file`], for files without a caption, such as a receipt: those with one go to another
    /// module that takes them, if there is one.
    pub fn file_without_caption(self, media: Media, handler: Handler) -> Self {
        self.route(Kind::File(media, wit::Captions::Bare), media.name(), handler)
    }

    fn route(mut self, kind: Kind, name: &'static str, handler: Handler) -> Self {
        self.routes.push(Route { kind, name, handler });
        self
    }

    fn change_command(mut self, change: impl FnOnce(&mut Command)) -> Self {
        // A declaration can't fail halfway; `testing::Host` reports what was misplaced.
        match self.routes.last_mut().map(|route| &mut route.kind) {
            Some(Kind::Command(command)) => change(command),
            _ => self.misplaced = true,
        }
        self
    }

    /// What the host reads when it loads the module.
    #[doc(hidden)]
    #[must_use]
    pub fn describe(&self) -> wit::Descriptor {
        let mut descriptor = wit::Descriptor {
            title: self.title.into(),
            summary: self.summary.into(),
            menu: self
                .menu
                .map(|(label, action)| wit::Menu { label: label.into(), action: action.into() }),
            commands: Vec::new(),
            actions: Vec::new(),
            answers: Vec::new(),
            patterns: Vec::new(),
            files: Vec::new(),
        };
        for Route { kind, name, .. } in &self.routes {
            let name = (*name).to_owned();
            match kind {
                Kind::Command(command) => descriptor.commands.push(command.describe()),
                Kind::Action => descriptor.actions.push(name),
                Kind::Answer => descriptor.answers.push(name),
                Kind::Tick => {}
                Kind::File(media, captions) => {
                    let (media, captions) = (media.into_wit(), *captions);
                    descriptor.files.push(wit::Takes { media, captions });
                }
                Kind::Pattern { regex } => {
                    descriptor.patterns.push(wit::Pattern { name, regex: (*regex).into() });
                }
            }
        }
        descriptor
    }

    /// Finds the handler of an event and calls it.
    #[doc(hidden)]
    pub fn handle(&self, event: wit::Event) -> Result<Vec<wit::Reply>, wit::Failure> {
        self.answer_event(event).map(Reply::into_wit).map_err(Error::into_wit)
    }

    /// Whether there is a command of this name that says that it reads only.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn reads_only_command(&self, name: &str) -> bool {
        self.routes.iter().any(|route| {
            let reads_only = matches!(&route.kind, Kind::Command(command) if command.reads_only);
            reads_only && route.name == name
        })
    }

    pub(crate) fn answer_event(&self, event: wit::Event) -> Result<Reply> {
        let same_kind: fn(&Kind) -> bool = match &event.input {
            wit::Input::Command(_) => |kind| matches!(kind, Kind::Command(_)),
            wit::Input::Action(_) => |kind| matches!(kind, Kind::Action),
            wit::Input::Answer(_) => |kind| matches!(kind, Kind::Answer),
            wit::Input::Pattern(_) => |kind| matches!(kind, Kind::Pattern { .. }),
            wit::Input::Tick(_) => |kind| matches!(kind, Kind::Tick),
            wit::Input::File(_) => |kind| matches!(kind, Kind::File(..)),
            wit::Input::Other(kind) => {
                return Err(Error::internal(format!("this module is too old for `{kind}` events")));
            }
        };
        let mut call = Call::new(event);
        let route = self
            .routes
            .iter()
            .find(|route| same_kind(&route.kind) && route.name == call.name())
            .ok_or_else(|| Error::internal(format!("nothing here answers `{}`", call.name())))?;
        if let Kind::Command(command) = &route.kind {
            let required = command.arguments.iter().filter(|argument| argument.required).count();
            let given = call.args().len();
            call.set_command(command);
            if given < required {
                return Err(Error::usage(command.usage()));
            }
        }
        (route.handler)(&call)
    }
}

impl Command {
    /// The usage line, and the example below it.
    pub(crate) fn usage(&self) -> String {
        let mut line = format!("Usage: /{}", self.name);
        for argument in &self.arguments {
            let (open, close) = if argument.required { ("", "") } else { ("[", "]") };
            line.extend([" ", open, argument.name, close]);
        }
        if !self.example.is_empty() {
            line.extend(["\nExample: ", self.example]);
        }
        line
    }

    fn describe(&self) -> wit::Command {
        let argument = |argument: &Argument| wit::Argument {
            name: argument.name.into(),
            help: argument.help.into(),
            required: argument.required,
        };
        wit::Command {
            name: self.name.into(),
            summary: self.summary.into(),
            arguments: self.arguments.iter().map(argument).collect(),
            example: self.example.into(),
            changes: !self.reads_only,
        }
    }
}
