//! From what the host wants to say to requests of the Bot API. Pure.

use teloxide::payloads::{
    AnswerCallbackQuery, AnswerCallbackQuerySetters as _, DeleteMessage, EditMessageReplyMarkup,
    EditMessageText, EditMessageTextSetters as _, SendChatAction, SendMessage,
    SendMessageSetters as _, SetMyCommands,
};
use teloxide::types::{
    BotCommand, ChatAction, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions,
    MessageId, ParseMode,
};

use crate::module::catalog::Catalog;
use crate::native;
use crate::outgoing::Keyboard;
use crate::reply::plain;

/// Telegram's limits for the list of commands.
const COMMANDS: usize = 100;
const DESCRIPTION: usize = 256;

/// Whether the text is markup, or to be shown as it would read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Html,
    Plain,
}

pub(super) fn message(chat: i64, html: &str, keyboard: &Keyboard, style: Style) -> SendMessage {
    let mut request = match style {
        Style::Html => SendMessage::new(ChatId(chat), html).parse_mode(ParseMode::Html),
        Style::Plain => SendMessage::new(ChatId(chat), plain(html)),
    };
    // A preview would have Telegram fetch whatever address a module can be made to write.
    request = request.link_preview_options(no_preview());
    if keyboard.is_empty() { request } else { request.reply_markup(markup(keyboard)) }
}

pub(super) fn edit(
    chat: i64,
    message: i64,
    html: &str,
    keyboard: &Keyboard,
    style: Style,
) -> EditMessageText {
    let message = MessageId(i32::try_from(message).unwrap_or(0));
    let mut request = match style {
        Style::Html => {
            EditMessageText::new(ChatId(chat), message, html).parse_mode(ParseMode::Html)
        }
        Style::Plain => EditMessageText::new(ChatId(chat), message, plain(html)),
    };
    request = request.link_preview_options(no_preview());
    if keyboard.is_empty() { request } else { request.reply_markup(markup(keyboard)) }
}

pub(super) fn typing(chat: i64) -> SendChatAction {
    SendChatAction::new(ChatId(chat), ChatAction::Typing)
}

pub(super) fn delete(chat: i64, message: i64) -> DeleteMessage {
    DeleteMessage::new(ChatId(chat), MessageId(i32::try_from(message).unwrap_or(0)))
}

pub(super) fn unbutton(chat: i64, message: i64) -> EditMessageReplyMarkup {
    EditMessageReplyMarkup::new(ChatId(chat), MessageId(i32::try_from(message).unwrap_or(0)))
}

pub(super) fn answer(query: String, notice: Option<String>) -> AnswerCallbackQuery {
    let request = AnswerCallbackQuery::new(teloxide::types::CallbackQueryId(query));
    match notice {
        Some(notice) => request.text(notice),
        None => request,
    }
}

/// The list that Telegram shows while somebody types a slash: the host's commands, then the modules'.
pub(crate) fn commands(catalog: &Catalog) -> SetMyCommands {
    let own = native::COMMANDS.iter().map(|(name, summary)| (*name, *summary));
    let of_modules = catalog.modules().flat_map(|module| {
        module
            .descriptor
            .commands
            .iter()
            .map(|command| (command.name.as_str(), command.summary.as_str()))
    });
    let command = |(name, summary): (&str, &str)| {
        BotCommand::new(name, summary.chars().take(DESCRIPTION).collect::<String>())
    };
    SetMyCommands::new(own.chain(of_modules).take(COMMANDS).map(command))
}

fn markup(keyboard: &Keyboard) -> InlineKeyboardMarkup {
    let button = |button: &crate::outgoing::Button| {
        InlineKeyboardButton::callback(button.label.clone(), button.data.clone())
    };
    InlineKeyboardMarkup::new(keyboard.iter().map(|row| row.iter().map(button).collect::<Vec<_>>()))
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}
