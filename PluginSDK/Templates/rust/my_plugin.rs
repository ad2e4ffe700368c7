//! Answers `my-plugin.ping` with `my-plugin.pong`.
mod dovetail;

use dovetail::*;
use std::ffi::c_void;

/// The manifest, placed where a host finds it without running anything.
#[used]
#[unsafe(link_section = "dovetail_manifest")]
static MANIFEST: [u8; include_bytes!("plugin.json").len()] = *include_bytes!("plugin.json");

struct MyPlugin {
    host: *const Host,
    events: &'static Events,
    pong: u64,
}

/// Runs on the publisher's thread, maybe on several at once; the event is borrowed until it returns.
unsafe extern "C" fn on_ping(context: *mut c_void, event: *const Event, error: *const ErrorSink) -> i32 {
    unsafe {
        guarded(error, || {
            let this = &*context.cast::<MyPlugin>();
            let answer = Event::new((*event).data.bytes());
            check((this.events.publish)(this.host, this.pong, &answer, error))
        })
    }
}

unsafe extern "C" fn init(host: *const Host, instance: *mut *mut c_void, error: *const ErrorSink) -> i32 {
    unsafe {
        guarded(error, || {
            let events: &Events = (*host).interface(b"dovetail.events/1")?;
            let mut pong = 0;
            check((events.topic)(host, Str::new(b"my-plugin.pong"), &mut pong, error))?;
            // Given away before the host may call: `cleanup` takes it back.
            *instance = Box::into_raw(Box::new(MyPlugin { host, events, pong })).cast();
            let options = Subscription::new(b"my-plugin.ping", b"ping");
            let mut subscription = Handle::default();
            check((events.subscribe)(host, &options, on_ping, *instance, &mut subscription, error))
        })
    }
}

/// The host has ended the subscription, so nobody uses `instance` any more.
unsafe extern "C" fn cleanup(instance: *mut c_void, error: *const ErrorSink) -> i32 {
    unsafe {
        guarded(error, || {
            drop(Box::from_raw(instance.cast::<MyPlugin>()));
            Ok(())
        })
    }
}

static PLUGIN: Plugin = plugin(init, cleanup);

/// The plugin's entry point.
#[unsafe(no_mangle)]
extern "C" fn dovetail_plugin(handshake: &Handshake) -> Option<&'static Plugin> {
    (handshake.header.abi_major == ABI_MAJOR).then_some(&PLUGIN)
}
