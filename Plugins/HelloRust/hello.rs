//! hello-rust: who says its name on `hello.ask` is greeted on `hello.said`, and by the service `hello-rust.greet`.
#[path = "../../PluginSDK/Templates/rust/dovetail.rs"]
mod dovetail;

use dovetail::*;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};

/// The manifest, placed where a host finds it without running anything.
#[used]
#[unsafe(link_section = "dovetail_manifest")]
static MANIFEST: [u8; include_bytes!("plugin.json").len()] = *include_bytes!("plugin.json");

struct Hello {
    host: *const Host,
    events: &'static Events,
    said: u64,
    greeted: AtomicU64,
}

impl Hello {
    fn greet(&self, name: &[u8]) -> Result<String, Failure> {
        let name = std::str::from_utf8(name).map_err(|_| Failure::new(INVALID, "the name is not UTF-8"))?;
        if name.is_empty() {
            return Err(Failure::new(INVALID, "the name is empty: send it as the data"));
        }
        self.greeted.fetch_add(1, Ordering::Relaxed);
        Ok(format!("Hello, {name}, says Rust"))
    }
}

unsafe extern "C" fn on_ask(context: *mut c_void, event: *const Event, error: *const ErrorSink) -> i32 {
    unsafe {
        guarded(error, || {
            let hello = &*context.cast::<Hello>();
            let greeting = hello.greet((*event).data.bytes())?;
            let mut answer = Event::new(greeting.as_bytes());
            answer.subject = (*event).id;
            answer.datacontenttype = Str::new(b"text/plain");
            check((hello.events.publish)(hello.host, hello.said, &answer, error))
        })
    }
}

unsafe extern "C" fn on_greet(
    context: *mut c_void, request: *const Request, reply: *const Sink, error: *const ErrorSink,
) -> i32 {
    unsafe {
        guarded(error, || {
            let greeting = (*context.cast::<Hello>()).greet((*request).data.bytes())?;
            check(((*reply).write)((*reply).context, greeting.as_ptr(), greeting.len() as u64))
        })
    }
}

unsafe extern "C" fn init(host: *const Host, instance: *mut *mut c_void, error: *const ErrorSink) -> i32 {
    unsafe {
        guarded(error, || {
            let events: &Events = (*host).interface(b"dovetail.events/1")?;
            let services: &Services = (*host).interface(b"dovetail.services/1")?;
            let mut said = 0;
            check((events.topic)(host, Str::new(b"hello.said"), &mut said, error))?;
            // Given away before the host may call: `cleanup` takes it back. If a later step fails it stays allocated, because a
            // handler may be running until the host has revoked it.
            *instance = Box::into_raw(Box::new(Hello { host, events, said, greeted: AtomicU64::new(0) })).cast();
            let ask = Subscription::new(b"hello.ask", b"ask");
            let mut handle = Handle::default();
            check((events.subscribe)(host, &ask, on_ask, *instance, &mut handle, error))?;
            check((services.provide)(host, Str::new(b"hello-rust.greet"), on_greet, *instance, &mut handle, error))
        })
    }
}

unsafe extern "C" fn metrics(instance: *mut c_void, out: *const MetricSink) -> i32 {
    unsafe {
        let metric = Metric {
            header: Header::of::<Metric>(),
            kind: METRIC_COUNTER,
            reserved: 0,
            value: (*instance.cast::<Hello>()).greeted.load(Ordering::Relaxed) as f64,
            name: Str::new(b"greeted_total"),
            labels: std::ptr::null(),
            label_count: 0,
        };
        ((*out).report)((*out).context, &metric);
    }
    OK
}

unsafe extern "C" fn cleanup(instance: *mut c_void, error: *const ErrorSink) -> i32 {
    unsafe {
        guarded(error, || {
            drop(Box::from_raw(instance.cast::<Hello>()));
            Ok(())
        })
    }
}

static PLUGIN: Plugin = Plugin { metrics: Some(metrics), ..plugin(init, cleanup) };

/// The plugin's entry point.
#[unsafe(no_mangle)]
extern "C" fn dovetail_plugin(handshake: &Handshake) -> Option<&'static Plugin> {
    (handshake.header.abi_major == ABI_MAJOR).then_some(&PLUGIN)
}
