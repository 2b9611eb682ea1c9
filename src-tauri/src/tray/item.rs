//! The StatusNotifierItem: a [`TrayView`] in the words of ksni. Keeps the pictures of one icon in memory, no more.

use std::sync::Arc;

use ksni::menu::{StandardItem, SubMenu};
use presenter::{DesktopRequest, MenuEntry, TrayIcon, TrayView, icons};
use tokio::sync::Notify;

use super::{TrayHost, Wiring};

/// What the host on the other side of the bus asks about.
pub(super) struct Item {
    view: Arc<TrayView>,
    pictures: Vec<ksni::Icon>,
    wiring: Wiring,
    /// Told when a host that came would not have the item; ksni does not ask it twice.
    refused: Arc<Notify>,
}

impl Item {
    pub(super) fn new(view: Arc<TrayView>, wiring: Wiring, refused: Arc<Notify>) -> Self {
        Self { pictures: pictures(view.icon), view, wiring, refused }
    }

    /// Takes the next view; ksni compares and tells the host only what changed.
    pub(super) fn show(&mut self, view: Arc<TrayView>) {
        if view.icon != self.view.icon {
            self.pictures = pictures(view.icon);
        }
        self.view = view;
    }

    fn ask(&self, request: DesktopRequest) {
        self.wiring.window.keep_activation(ksni::current_xdg_activation_token());
        self.wiring.ask(request);
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "linekeeper".to_owned()
    }

    fn category(&self) -> ksni::Category {
        ksni::Category::Communications
    }

    fn title(&self) -> String {
        self.view.title.clone()
    }

    /// Never `Passive`: hosts may hide passive items.
    fn status(&self) -> ksni::Status {
        if self.view.attention { ksni::Status::NeedsAttention } else { ksni::Status::Active }
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pictures.clone()
    }

    /// The same picture: a host that looks here while attention is wanted would show nothing otherwise.
    fn attention_icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pictures.clone()
    }

    fn tool_tip(&self) -> ksni::ToolTip {
        ksni::ToolTip { title: self.view.tooltip.clone(), ..ksni::ToolTip::default() }
    }

    fn text_direction(&self) -> ksni::TextDirection {
        if self.wiring.language.is_right_to_left() {
            ksni::TextDirection::RightToLeft
        } else {
            ksni::TextDirection::LeftToRight
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.ask(DesktopRequest::OpenWindow);
    }

    fn menu(&self) -> Vec<ksni::MenuItem<Self>> {
        self.view.menu.iter().map(entry).collect()
    }

    fn watcher_online(&self) {
        self.wiring.host.send_replace(TrayHost::Present);
    }

    fn watcher_offline(&self, reason: ksni::OfflineReason) -> bool {
        tracing::info!(?reason, "no tray host on this desktop");
        self.wiring.host.send_replace(TrayHost::Absent);
        if is_refusal(&reason) {
            self.refused.notify_one();
        }
        true
    }
}

/// Whether there was a host. One that is missing, or gone again, is told to ksni when it comes.
fn is_refusal(reason: &ksni::OfflineReason) -> bool {
    use ksni::{Error, OfflineReason};
    use zbus::fdo::Error::ServiceUnknown;
    match reason {
        OfflineReason::No | OfflineReason::Error(Error::Watcher(ServiceUnknown(_))) => false,
        OfflineReason::Error(_) => true,
        // ksni may add reasons.
        _ => false,
    }
}

fn entry(entry: &MenuEntry) -> ksni::MenuItem<Item> {
    match entry {
        MenuEntry::Separator => ksni::MenuItem::Separator,
        MenuEntry::Label { text } => {
            StandardItem { label: label(text), enabled: false, ..StandardItem::default() }.into()
        }
        MenuEntry::Item { id: _, text, enabled, command } => {
            let command = command.clone();
            StandardItem {
                label: label(text),
                enabled: *enabled,
                activate: Box::new(move |item: &mut Item| item.ask(command.clone())),
                ..StandardItem::default()
            }
            .into()
        }
        MenuEntry::Submenu { text, entries } => {
            let submenu = entries.iter().map(self::entry).collect();
            SubMenu { label: label(text), submenu, ..SubMenu::default() }.into()
        }
    }
}

/// One underscore marks an access key in dbusmenu, two are an underscore.
fn label(text: &str) -> String {
    text.replace('_', "__")
}

fn pictures(icon: TrayIcon) -> Vec<ksni::Icon> {
    icons::SIZES.iter().filter_map(|size| icons::rgba(icon, *size)).map(|pixmap| argb(&pixmap)).collect()
}

/// SNI wants alpha first.
fn argb(pixmap: &icons::Pixmap) -> ksni::Icon {
    let mut data = pixmap.rgba.clone();
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    let edge = i32::try_from(pixmap.size).unwrap_or(i32::MAX);
    ksni::Icon { width: edge, height: edge, data }
}

#[cfg(test)]
mod tests {
    use model::Overall;
    use presenter::TrayBadge;

    use super::*;

    #[test]
    fn underscores_in_names_are_not_access_keys() {
        assert_eq!(label("market_data"), "market__data");
    }

    #[test]
    fn alpha_comes_first_on_the_bus() {
        let icon = argb(&icons::Pixmap { size: 1, rgba: vec![1, 2, 3, 4] });
        assert_eq!((icon.width, icon.height, icon.data), (1, 1, vec![4, 1, 2, 3]));
    }

    #[test]
    fn every_size_is_offered() {
        let pictures = pictures(TrayIcon { overall: Overall::Down, badge: TrayBadge::Trouble });
        let sizes: Vec<i32> = pictures.iter().map(|picture| picture.width).collect();
        assert_eq!(sizes, [16, 20, 22, 24, 32, 48]);
        assert!(
            pictures
                .iter()
                .all(|picture| picture.data.len() == (picture.width * picture.height * 4) as usize)
        );
    }

    #[test]
    fn only_a_host_that_was_there_can_refuse() {
        use ksni::{Error, OfflineReason};
        use zbus::fdo;
        let missing = fdo::Error::ServiceUnknown("nobody".into());
        let not_ready = fdo::Error::UnknownObject("not yet".into());
        assert!(!is_refusal(&OfflineReason::No));
        assert!(!is_refusal(&OfflineReason::Error(Error::Watcher(missing))));
        assert!(is_refusal(&OfflineReason::Error(Error::Watcher(not_ready))));
    }

    #[test]
    fn the_menu_keeps_its_order_depth_and_what_can_be_chosen() {
        let command = DesktopRequest::Quit;
        let quit = MenuEntry::Item { id: "quit".into(), text: "Quit".into(), enabled: false, command };
        let menu = [
            MenuEntry::Label { text: "2 of 3".into() },
            MenuEntry::Separator,
            MenuEntry::Submenu { text: "pulse".into(), entries: vec![quit] },
        ];
        let drawn: Vec<_> = menu.iter().map(entry).collect();
        let [ksni::MenuItem::Standard(headline), ksni::MenuItem::Separator, ksni::MenuItem::SubMenu(pulse)] =
            &drawn[..]
        else {
            panic!("{drawn:?}")
        };
        assert_eq!((headline.label.as_str(), headline.enabled), ("2 of 3", false));
        assert_eq!(pulse.label, "pulse");
        assert!(
            matches!(&pulse.submenu[..], [ksni::MenuItem::Standard(row)] if row.label == "Quit" && !row.enabled)
        );
    }
}
