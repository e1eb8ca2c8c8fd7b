//! Pictures of every page: light and dark, wide and on a phone.

use std::{fs, path::PathBuf};

use data_encoding::BASE64;
use fantoccini::Client;
use serde_json::json;

use super::driver::tools;

/// Where pictures go, and how many there are.
pub(crate) struct Shots {
    folder: PathBuf,
    walk: &'static str,
    count: usize,
}

const SIZES: [(&str, u64, u64); 2] = [("wide", 1280, 900), ("phone", 390, 844)];

impl Shots {
    pub(crate) fn new() -> Self {
        Self::named("walk")
    }

    /// Pictures whose names begin with that of their walk.
    pub(crate) fn named(walk: &'static str) -> Self {
        let folder = std::env::var_os("PORTCULLIS_SCREENSHOTS").map_or_else(
            || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
            Into::into,
        );
        fs::create_dir_all(&folder).unwrap();
        Self { folder, walk, count: 0 }
    }

    pub(crate) async fn take(&mut self, client: &Client, name: &str) {
        self.count += 1;
        tools(client, "Emulation.setScrollbarsHidden", json!({"hidden": true})).await;
        for (size, width, height) in SIZES {
            let metrics = json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone",
            });
            tools(client, "Emulation.setDeviceMetricsOverride", metrics).await;
            for scheme in ["light", "dark"] {
                let media = json!({"features": [
                    {"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]});
                tools(client, "Emulation.setEmulatedMedia", media).await;
                // All of the page, not what fits.
                let sizes = tools(client, "Page.getLayoutMetrics", json!({})).await;
                let of = |side: &str| sizes["cssContentSize"][side].as_f64().unwrap();
                assert!(of("width") <= width as f64, "{name} is too wide for a {size} screen");
                let clip = json!({
                    "x": 0, "y": 0, "width": width, "height": of("height").max(height as f64), "scale": 1,
                });
                let whole = json!({"captureBeyondViewport": true, "clip": clip});
                let taken = tools(client, "Page.captureScreenshot", whole).await;
                let picture = BASE64.decode(taken["data"].as_str().unwrap().as_bytes()).unwrap();
                let file = format!("{}-{:02}-{name}-{size}-{scheme}.png", self.walk, self.count);
                fs::write(self.folder.join(file), picture).unwrap();
            }
        }
        tools(client, "Emulation.clearDeviceMetricsOverride", json!({})).await;
        tools(client, "Emulation.setEmulatedMedia", json!({"features": []})).await;
    }
}
