//! The part of Dovetail's C ABI, revision 1.0, that small plugins need, declared by hand from `dovetail.h`.
#![allow(dead_code)]

use std::ffi::c_void;

pub const ABI_MAJOR: u16 = 1;
pub const ABI_MINOR: u16 = 0;
pub const OK: i32 = 0;
pub const FAILED: i32 = 1;
pub const INVALID: i32 = 2;
pub const UNSUPPORTED: i32 = 3;
pub const METRIC_COUNTER: u32 = 1;

/// UTF-8 text or bytes, borrowed until the call returns: `dvt_str` and `dvt_bytes`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const u8,
    pub len: u64,
}

impl Str {
    pub const EMPTY: Str = Str { ptr: std::ptr::null(), len: 0 };

    pub const fn new(bytes: &[u8]) -> Str {
        Str { ptr: bytes.as_ptr(), len: bytes.len() as u64 }
    }

    /// # Safety
    /// Only while the call that lent it has not returned.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(self.ptr, self.len as usize) }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Handle {
    pub plugin: u32,
    pub generation: u32,
    pub token: u64,
}

/// The first members of every struct that may grow.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Header {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
}

impl Header {
    pub const fn of<T>() -> Header {
        Header { struct_size: size_of::<T>() as u32, abi_major: ABI_MAJOR, abi_minor: ABI_MINOR }
    }
}

#[repr(C)]
pub struct Sink {
    pub header: Header,
    pub context: *mut c_void,
    pub write: unsafe extern "C" fn(*mut c_void, *const u8, u64) -> i32,
}

#[repr(C)]
pub struct Error {
    pub header: Header,
    pub code: i32,
    pub retryable: u32,
    pub domain: Str,
    pub message: Str,
}

#[repr(C)]
pub struct ErrorSink {
    pub header: Header,
    pub context: *mut c_void,
    pub report: unsafe extern "C" fn(*mut c_void, *const Error),
}

#[repr(C)]
pub struct Host {
    pub header: Header,
    pub get_interface: unsafe extern "C" fn(*const Host, Str) -> *const c_void,
    pub buffer_create: *const c_void,
    pub buffer_retain: *const c_void,
    pub buffer_release: *const c_void,
}

#[repr(C)]
pub struct Handshake {
    pub header: Header,
    pub host_version: Str,
    pub plugin_id: Str,
    pub generation: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct Metric {
    pub header: Header,
    pub kind: u32,
    pub reserved: u32,
    pub value: f64,
    pub name: Str,
    pub labels: *const c_void,
    pub label_count: u64,
}

#[repr(C)]
pub struct MetricSink {
    pub header: Header,
    pub context: *mut c_void,
    pub report: unsafe extern "C" fn(*mut c_void, *const Metric),
}

pub type Step = unsafe extern "C" fn(*mut c_void, *const ErrorSink) -> i32;
pub type Start = unsafe extern "C" fn(*const Host, *mut *mut c_void, *const ErrorSink) -> i32;

#[repr(C)]
pub struct Plugin {
    pub header: Header,
    pub pre_init: Option<Start>,
    pub init: Start,
    pub post_init: Option<Step>,
    pub quiesce: Option<Step>,
    pub resume: Option<Step>,
    pub save_state: Option<unsafe extern "C" fn(*mut c_void, *const Sink, *const ErrorSink) -> i32>,
    pub restore_state: Option<unsafe extern "C" fn(*mut c_void, *const c_void, *const ErrorSink) -> i32>,
    pub health: Option<Step>,
    pub metrics: Option<unsafe extern "C" fn(*mut c_void, *const MetricSink) -> i32>,
    pub pre_cleanup: Option<Step>,
    pub cleanup: Step,
}

#[repr(C)]
pub struct Event {
    pub header: Header,
    pub sequence: u64,
    pub time_ns: i64,
    pub id: Str,
    pub source: Str,
    pub r#type: Str,
    pub subject: Str,
    pub datacontenttype: Str,
    pub dataschema: Str,
    pub extensions: *const c_void,
    pub extension_count: u64,
    pub data: Str,
    pub buffer: *const c_void,
    pub flags: u32,
    pub attempt: u32,
}

impl Event {
    pub fn new(data: &[u8]) -> Event {
        Event {
            header: Header::of::<Event>(),
            sequence: 0,
            time_ns: 0,
            id: Str::EMPTY,
            source: Str::EMPTY,
            r#type: Str::EMPTY,
            subject: Str::EMPTY,
            datacontenttype: Str::EMPTY,
            dataschema: Str::EMPTY,
            extensions: std::ptr::null(),
            extension_count: 0,
            data: Str::new(data),
            buffer: std::ptr::null(),
            flags: 0,
            attempt: 0,
        }
    }
}

pub type Handler = unsafe extern "C" fn(*mut c_void, *const Event, *const ErrorSink) -> i32;
pub type Completion = Option<unsafe extern "C" fn(*mut c_void, i32)>;
pub type End = unsafe extern "C" fn(*const Host, Handle, Completion, *mut c_void, *const ErrorSink) -> i32;

#[repr(C)]
pub struct Subscription {
    pub header: Header,
    pub pattern: Str,
    pub name: Str,
    pub priority: i32,
    pub delivery: u32,
    pub overflow: u32,
    pub capacity: u32,
    pub block_ms: u32,
    pub reserved: u32,
}

impl Subscription {
    pub fn new(pattern: &[u8], name: &[u8]) -> Subscription {
        Subscription {
            header: Header::of::<Subscription>(),
            pattern: Str::new(pattern),
            name: Str::new(name),
            priority: 0,
            delivery: 0,
            overflow: 0,
            capacity: 0,
            block_ms: 0,
            reserved: 0,
        }
    }
}

/// `dovetail.events/1`.
#[repr(C)]
pub struct Events {
    pub header: Header,
    pub topic: unsafe extern "C" fn(*const Host, Str, *mut u64, *const ErrorSink) -> i32,
    pub publish: unsafe extern "C" fn(*const Host, u64, *const Event, *const ErrorSink) -> i32,
    pub publish_named: unsafe extern "C" fn(*const Host, *const Event, *const ErrorSink) -> i32,
    pub subscribe: unsafe extern "C" fn(
        *const Host, *const Subscription, Handler, *mut c_void, *mut Handle, *const ErrorSink,
    ) -> i32,
    pub unsubscribe: End,
}

#[repr(C)]
pub struct Request {
    pub header: Header,
    pub service: Str,
    pub caller: Str,
    pub datacontenttype: Str,
    pub data: Str,
    pub deadline_ms: u64,
}

pub type ServiceHandler =
    unsafe extern "C" fn(*mut c_void, *const Request, *const Sink, *const ErrorSink) -> i32;

/// `dovetail.services/1`.
#[repr(C)]
pub struct Services {
    pub header: Header,
    pub provide: unsafe extern "C" fn(
        *const Host, Str, ServiceHandler, *mut c_void, *mut Handle, *const ErrorSink,
    ) -> i32,
    pub withdraw: End,
    pub call: unsafe extern "C" fn(*const Host, Str, *const Request, *const Sink, *const ErrorSink) -> i32,
}

impl Host {
    /// A table of functions by its versioned name.
    ///
    /// # Safety
    /// `T` must be the struct of that interface; the host must still be valid.
    pub unsafe fn interface<'a, T>(&self, name: &[u8]) -> Result<&'a T, Failure> {
        let found = unsafe { (self.get_interface)(self, Str::new(name)) };
        unsafe { found.cast::<T>().as_ref() }
            .ok_or_else(|| Failure::new(UNSUPPORTED, "this host lacks an interface: update the host"))
    }
}

/// A code, and a message when it is not the host's own error.
pub struct Failure {
    pub code: i32,
    pub message: String,
}

impl Failure {
    pub fn new(code: i32, message: &str) -> Failure {
        Failure { code, message: message.into() }
    }
}

/// Turns a code of the host's into a result; the error sink has its message already.
pub fn check(code: i32) -> Result<(), Failure> {
    if code == OK { Ok(()) } else { Err(Failure { code, message: String::new() }) }
}

/// Runs `body`; a failure or a panic becomes a code and a report, because nothing may unwind into the host.
///
/// # Safety
/// `sink` is NULL or the host's.
pub unsafe fn guarded(sink: *const ErrorSink, body: impl FnOnce() -> Result<(), Failure>) -> i32 {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body))
        .unwrap_or_else(|_| Err(Failure::new(FAILED, "the plugin panicked: see its output")));
    let Err(failure) = result else { return OK };
    if let (false, Some(sink)) = (failure.message.is_empty(), unsafe { sink.as_ref() }) {
        let error = Error {
            header: Header::of::<Error>(),
            code: failure.code,
            retryable: 0,
            domain: Str::EMPTY,
            message: Str::new(failure.message.as_bytes()),
        };
        unsafe { (sink.report)(sink.context, &error) };
    }
    failure.code
}

/// The callbacks that every plugin must have, and no others.
pub const fn plugin(init: Start, cleanup: Step) -> Plugin {
    Plugin {
        header: Header::of::<Plugin>(),
        pre_init: None,
        init,
        post_init: None,
        quiesce: None,
        resume: None,
        save_state: None,
        restore_state: None,
        health: None,
        metrics: None,
        pre_cleanup: None,
        cleanup,
    }
}

// Drift from the header is a compile error: sizes on a 64-bit machine.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Event>() == 168);
    assert!(size_of::<Plugin>() == 96);
    assert!(size_of::<Host>() == 40);
    assert!(size_of::<Subscription>() == 64);
    assert!(size_of::<Handshake>() == 48);
    assert!(size_of::<Request>() == 80);
};
