//! Draws the icons: outlines of one stroke in a box of 16, in the colour of the text around them.
//!
//! Those of the frame are the server's alone.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub(crate) const MAPPINGS: &str = "M2 4h5l2 4h5M2 12h5l2-4";
#[cfg(feature = "ssr")]
pub(crate) const OVERVIEW: &str = "M2.500 7L8 2.500 13.500 7v6.500h-4v-4h-3v4h-4z";
#[cfg(feature = "ssr")]
pub(crate) const SERVICES: &str = "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01";
#[cfg(feature = "ssr")]
pub(crate) const NODES: &str = "M8 8L3.500 4M8 8l4.500-4M8 8v5M3.500 2.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3\
    M12.500 2.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3M8 11.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3";
#[cfg(feature = "ssr")]
pub(crate) const ACTIVITY: &str =
    "M8 1.800a6.200 6.200 0 1 0 0 12.400 6.200 6.200 0 0 0 0-12.400M8 4.500V8l2.500 2";
#[cfg(feature = "ssr")]
pub(crate) const TEAMS: &str = "M6 3a2.200 2.200 0 1 0 0 4.400A2.200 2.200 0 0 0 6 3M1.500 13.500c0-2.800 1.900-4.300 4.500-4.300s4.500 1.500 4.500 4.300\
    M10.800 3.200a2.100 2.100 0 0 1 0 4M12 9.500c1.600.6 2.500 1.900 2.500 4";
#[cfg(feature = "ssr")]
pub(crate) const CLAIMS: &str = "M3.500 14V2.500M3.500 3h9l-2 3 2 3h-9";
#[cfg(feature = "ssr")]
pub(crate) const REQUESTS: &str = "M2.500 3h11v10h-11zM5 8.200l2 2 4-4.400";
#[cfg(feature = "ssr")]
pub(crate) const CERTIFICATES: &str = "M4 7V5.500a4 4 0 0 1 8 0V7M3 7h10v6.500H3zM8 9.500v1.800";
#[cfg(feature = "ssr")]
pub(crate) const CONSUMERS: &str = "M5.500 6.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6M7.700 7.400L13.500 2M11 4.300l2.200 2.200M5.500 9.500h.01";
#[cfg(feature = "ssr")]
pub(crate) const GATEWAY: &str =
    "M2.500 4.500h7M12.500 4.500h1M2.500 11.500h1M6.500 11.500h7M11 3v3M5 10v3";
#[cfg(feature = "ssr")]
pub(crate) const USER: &str = "M8 2.500a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400M2.800 14c0-3 2.200-4.600 5.200-4.600s5.200 1.600 5.200 4.600";
#[cfg(feature = "ssr")]
pub(crate) const CONFIG: &str = "M5 4L1.500 8 5 12M11 4l3.500 4L11 12";
#[cfg(feature = "ssr")]
pub(crate) const ABOUT: &str =
    "M8 1.800a6.200 6.200 0 1 0 0 12.400 6.200 6.200 0 0 0 0-12.400M8 7.300v3.700M8 4.900v.2";
#[cfg(feature = "ssr")]
pub(crate) const SEARCH: &str =
    "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9M10.300 10.300l3.500 3.500";
#[cfg(feature = "ssr")]
pub(crate) const SYSTEM: &str = "M2 3h12v8H2zM5.500 13.500h5M8 11v2.500";
#[cfg(feature = "ssr")]
pub(crate) const LIGHT: &str = "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1.200v1.300M8 13.500v1.300M1.200 8h1.300\
    M13.500 8h1.300M3.200 3.200l.9.9M11.900 11.900l.9.9M12.800 3.200l-.9.9M4.100 11.900l-.9.9";
#[cfg(feature = "ssr")]
pub(crate) const DARK: &str =
    "M13.500 9.600A5.800 5.800 0 1 1 6.400 2.500a4.600 4.600 0 0 0 7.100 7.100z";
pub(crate) const WARNING: &str = "M8 2.200l6.300 11.300H1.700zM8 6.500v3M8 11.400v.2";

/// Draws an icon; the word beside it, or the name of its button, says what it means.
#[component]
pub(crate) fn Icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}

/// Draws the seal of the brand: a request that parts into two.
#[component]
pub(crate) fn Seal() -> impl IntoView {
    view! {
        <svg class="seal" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path
                class="seal-wax"
                d="M12 1.600l2.500 1.700 3-.2 1.200 2.800 2.600 1.500-.4 3 1.400 2.700-2 2.200-.2 3-2.900.9-1.800 2.400-2.900-.8-2.900.8-1.800-2.400-2.900-.9-.2-3-2-2.200 1.400-2.700-.4-3 2.600-1.500 1.200-2.800 3 .2z"
            />
            <path class="seal-mark" d="M8 12h4.500M12.500 12l3-3.200M12.500 12l3 3.200" />
        </svg>
    }
}
