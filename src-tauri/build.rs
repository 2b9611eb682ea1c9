//! Compiles the configuration, the capability file and the list of commands the window may call into the program.

/// A command that is missing here is refused to the window, whatever the capability file says.
const COMMANDS: &[&str] = &[
    "status",
    "messages",
    "control",
    "send",
    "waiting_messages",
    "waiting_head",
    "discard_waiting",
    "dead_letters",
    "retry_dead",
    "delete_dead",
    "export_dead",
    "check",
    "cancel_check",
    "last_check",
    "check_text",
    "save_check",
    "record",
    "end_recording",
    "bundle_files",
    "save_bundle",
    "copy",
    "subscribe",
    "desktop_info",
    "quit",
];

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("{error:#}");
    }
}
