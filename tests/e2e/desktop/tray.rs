//! The tray icon, as the panel sees it.

use crate::{
    bus::{self, Row, TrayItem},
    endpoints::Endpoints,
    held_bus::HeldBus,
    program::{Home, Program},
    stage::{Parts, Stage},
    tray_host::TrayHost,
};

/// Sum of everything in the menu, level by level.
fn labels(rows: &[Row]) -> Vec<&str> {
    rows.iter().flat_map(|row| std::iter::once(row.label.as_str()).chain(labels(&row.rows))).collect()
}

#[test]
fn the_panel_shows_the_icon_with_its_state_texts_and_menu() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let mut program = Program::start(&stage, &home, &["--hidden"])?;

    let item = TrayItem::of(&stage, program.pid())?;
    stage.eventually("all six are connected", || item.tooltip().ok().filter(|text| text.contains('6')))?;
    assert_eq!(item.text("Title")?, "Linekeeper");
    assert_eq!(item.text("Id")?, "linekeeper");
    stage.eventually("the item is calm", || (item.text("Status").ok()? == "Active").then_some(()))?;
    let pictures = item.pictures("IconPixmap")?;
    let edges: Vec<(i32, i32)> = pictures.iter().map(|(width, height, _)| (*width, *height)).collect();
    assert_eq!(edges, [16, 20, 22, 24, 32, 48].map(|edge| (edge, edge)));
    for (edge, _, data) in &pictures {
        assert!(data.chunks_exact(4).any(|pixel| pixel[0] > 200), "{edge}: nothing is drawn");
    }
    let menu = item.menu()?;
    let texts = labels(&menu);
    for name in ["System monitoring", "Market data", "News", "Sentiment", "AI models", "Hub"] {
        assert!(texts.iter().any(|text| text.contains(name)), "{name} is missing in {texts:?}");
    }
    assert!(menu.iter().any(|row| row.label.contains("Quit") && row.enabled), "{texts:?}");

    let address = endpoints.stop();
    stage.eventually("the item wants attention", || {
        (item.text("Status").ok()? == "NeedsAttention").then_some(())
    })?;
    assert_ne!(item.pictures("IconPixmap")?, pictures, "the shape follows the state");
    let _endpoints = Endpoints::start_on(address)?;
    stage.eventually("the item is calm again", || (item.text("Status").ok()? == "Active").then_some(()))?;

    let quit = item.menu()?.into_iter().find(|row| row.label.contains("Quit")).expect("Quit");
    item.choose(&quit)?;
    assert_eq!(program.ended()?.code(), Some(0));
    Ok(())
}

#[test]
fn the_icon_comes_when_the_panel_comes_and_again_when_it_restarts() -> anyhow::Result<()> {
    let mut stage = Stage::set(Parts::NO_TRAY)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    for _ in 0..2 {
        stage.start_panel()?;
        TrayItem::of(&stage, program.pid())?;
        stage.end("xfce4-panel")?;
        let bus = bus::connect(&stage)?;
        stage.eventually("the tray host is gone", || (!bus::has_tray_host(&bus)).then_some(()))?;
    }
    Ok(())
}

/// The library behind the icon first looks for a host and then asks to be told of one; in between nobody tells it.
#[test]
fn a_panel_that_starts_in_the_moment_we_look_for_one_still_shows_the_icon() -> anyhow::Result<()> {
    let mut stage = Stage::set(Parts::NO_TRAY)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let line = HeldBus::before(&stage, &["AddMatch", "NameOwnerChanged", "org.kde.StatusNotifierWatcher"])?;
    let address = [("DBUS_SESSION_BUS_ADDRESS", line.address())];
    let address = address.each_ref().map(|(name, value)| (*name, value.as_str()));
    let program = Program::start_with(&stage, &home, &["--hidden"], &address)?;
    let asks_to_be_told = line.call()?;
    stage.start_panel()?;
    let bus = bus::connect(&stage)?;
    stage.eventually("the tray host is there", || bus::has_tray_host(&bus).then_some(()))?;
    asks_to_be_told.let_go();
    TrayItem::of(&stage, program.pid())?;
    Ok(())
}

#[test]
fn a_tray_host_that_refuses_at_first_is_asked_again() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_TRAY)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    stage.eventually("it waits for a host", || home.has_logged("tray icon offered").then_some(()))?;
    let host = TrayHost::closed(&stage)?;
    stage.eventually("it is refused", || (host.refused() > 0).then_some(()))?;
    host.open();
    TrayItem::of(&stage, program.pid())?;
    Ok(())
}

#[test]
fn the_icon_comes_with_a_late_session_bus_and_again_with_the_next() -> anyhow::Result<()> {
    let mut stage = Stage::set(Parts::NO_BUS)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    stage.eventually("the agent runs", || home.path().join("run/gateway.json").exists().then_some(()))?;
    for _ in 0..2 {
        stage.start_bus()?;
        stage.start_panel()?;
        TrayItem::of(&stage, program.pid())?;
        stage.end("xfce4-panel")?;
        stage.end("dbus-daemon")?;
    }
    Ok(())
}

#[test]
fn the_demo_needs_no_configuration() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let home = Home::empty(&stage)?;
    let program = Program::start(&stage, &home, &["--demo", "--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    stage.eventually("all six are connected", || item.tooltip().ok().filter(|text| text.contains('6')))?;
    Ok(())
}
