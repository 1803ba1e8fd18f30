//! Owner-only access on Windows: a protected access list with the user and SYSTEM, from the call that makes the file.
//!
//! The one reviewed module of this crate with `unsafe` code: the standard library cannot pass a security descriptor to
//! the calls that make files and folders, and setting one afterwards leaves a moment in which others can open them.
//! Every descriptor and every buffer that Windows allocates here is owned by a type that frees it.
//! Wine accepts all of it and shows an access list made from the Unix mode when asked, so only Windows proves it.

#![expect(unsafe_code, reason = "Win32 calls that take security descriptors; see the module's text")]

use std::ffi::c_void;
use std::fs::{self, File};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::FromRawHandle;
use std::path::{Path, PathBuf};
use std::ptr;

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_SUCCESS, HANDLE, INVALID_HANDLE_VALUE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
    SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, EqualSid, GetAce,
    GetSecurityDescriptorControl, GetSecurityDescriptorDacl, GetTokenInformation, IsWellKnownSid,
    PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, SE_DACL_PROTECTED, SECURITY_ATTRIBUTES,
    TOKEN_QUERY, TOKEN_USER, TokenUser, WinLocalSystemSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_APPEND_DATA, FILE_ATTRIBUTE_NORMAL,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FILE_WRITE_DATA, OPEN_ALWAYS,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

const ACCESS_ALLOWED_ACE_TYPE: u8 = 0;

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// It must not exist.
    New,
    /// Made when missing.
    ReadWrite,
    /// Made when missing.
    Append,
}

pub(super) fn open(path: &Path, opening: Opening) -> io::Result<File> {
    let (access, disposition) = match opening {
        Opening::New => (FILE_GENERIC_READ | FILE_GENERIC_WRITE, CREATE_NEW),
        Opening::ReadWrite => (FILE_GENERIC_READ | FILE_GENERIC_WRITE, OPEN_ALWAYS),
        // Without FILE_WRITE_DATA every write goes to the end.
        Opening::Append => (FILE_APPEND_DATA | (FILE_GENERIC_WRITE & !FILE_WRITE_DATA), OPEN_ALWAYS),
    };
    let descriptor = Descriptor::owner_only(Inheritance::None)?;
    let attributes = descriptor.attributes();
    let name = wide(path)?;
    // SAFETY: `name` is NUL-terminated; `attributes` and the descriptor behind it live until after the call.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            access,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &raw const attributes,
            disposition,
            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is valid, and nobody else owns it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let descriptor = Descriptor::owner_only(Inheritance::ToContent)?;
    let attributes = descriptor.attributes();
    let name = wide(path)?;
    // SAFETY: as for CreateFileW above.
    if unsafe { CreateDirectoryW(name.as_ptr(), &raw const attributes) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

pub(super) fn protect_folder(path: &Path) -> io::Result<()> {
    let descriptor = Descriptor::owner_only(Inheritance::ToContent)?;
    let name = wide(path)?;
    // SAFETY: the list belongs to `descriptor`, which outlives the call; owner, group and audit list stay untouched.
    let result = unsafe {
        SetNamedSecurityInfoW(
            name.as_ptr().cast_mut(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            descriptor.access_list()?,
            ptr::null(),
        )
    };
    outcome(result)
}

/// Whether two files belong to the same person: what has our access list and can be opened at all does.
pub(super) fn is_same_owner(_one: &fs::Metadata, _other: &fs::Metadata) -> bool {
    true
}

pub(super) fn is_owner_only(path: &Path) -> io::Result<bool> {
    let user = User::of_this_process()?;
    let name = wide(path)?;
    let mut list: *mut ACL = ptr::null_mut();
    let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
    // SAFETY: both results are written by the call; `descriptor` is handed to its owner below.
    let result = unsafe {
        GetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut list,
            ptr::null_mut(),
            &raw mut descriptor,
        )
    };
    outcome(result)?;
    let descriptor = Descriptor(descriptor);
    // No list at all means that everybody may do everything.
    if list.is_null() || !descriptor.is_protected()? {
        return Ok(false);
    }
    // SAFETY: the list belongs to `descriptor`, which is alive.
    let entries = unsafe { (*list).AceCount };
    for index in 0..u32::from(entries) {
        let mut entry: *mut c_void = ptr::null_mut();
        // SAFETY: `index` is below the count of the list.
        if unsafe { GetAce(list, index, &raw mut entry) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: every entry begins with its header; an entry that allows access continues as ACCESS_ALLOWED_ACE, whose
        // SID begins at SidStart and lies within the list.
        let known = unsafe {
            let kind = (*entry.cast::<ACE_HEADER>()).AceType;
            let sid: PSID = (&raw mut (*entry.cast::<ACCESS_ALLOWED_ACE>()).SidStart).cast();
            kind == ACCESS_ALLOWED_ACE_TYPE
                && (EqualSid(sid, user.sid()) != 0 || IsWellKnownSid(sid, WinLocalSystemSid) != 0)
        };
        if !known {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a folder passes its access list on to what is made in it.
#[derive(Clone, Copy)]
enum Inheritance {
    None,
    ToContent,
}

/// A security descriptor that Windows allocated.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    /// Full access for the user of this process and for SYSTEM; nothing is inherited from the folder above.
    fn owner_only(inheritance: Inheritance) -> io::Result<Self> {
        let user = User::of_this_process()?.text()?;
        let flags = match inheritance {
            Inheritance::None => "",
            Inheritance::ToContent => "OICI",
        };
        let text = format!("D:P(A;{flags};FA;;;{user})(A;{flags};FA;;;SY)");
        let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: `text` is NUL-terminated; the result is handed to its owner.
        let converted = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        if converted == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }

    fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(u32::MAX),
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }

    fn access_list(&self) -> io::Result<*const ACL> {
        let (mut present, mut defaulted) = (0, 0);
        let mut list: *mut ACL = ptr::null_mut();
        // SAFETY: the descriptor is valid; all three results are written by the call.
        let found =
            unsafe { GetSecurityDescriptorDacl(self.0, &raw mut present, &raw mut list, &raw mut defaulted) };
        if found == 0 { Err(io::Error::last_os_error()) } else { Ok(list) }
    }

    fn is_protected(&self) -> io::Result<bool> {
        let (mut control, mut revision) = (0, 0);
        // SAFETY: the descriptor is valid; both results are written by the call.
        let found = unsafe { GetSecurityDescriptorControl(self.0, &raw mut control, &raw mut revision) };
        if found == 0 { Err(io::Error::last_os_error()) } else { Ok(control & SE_DACL_PROTECTED != 0) }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: Windows allocated it with LocalAlloc, and nobody else frees it.
        unsafe { LocalFree(self.0) };
    }
}

/// The user under whom this process runs: a `TOKEN_USER` with the SID behind it.
struct User(Vec<u64>);

impl User {
    fn of_this_process() -> io::Result<Self> {
        let mut token: HANDLE = ptr::null_mut();
        // SAFETY: the pseudo handle of this process is always valid; the token is handed to its owner.
        if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let token = Token(token);
        let mut bytes = 0;
        // SAFETY: a null buffer of length 0 asks for the length only.
        unsafe { GetTokenInformation(token.0, TokenUser, ptr::null_mut(), 0, &raw mut bytes) };
        // u64 aligns the buffer as TOKEN_USER wants it.
        let mut buffer =
            vec![0_u64; (bytes as usize).div_ceil(size_of::<u64>()).max(size_of::<TOKEN_USER>())];
        // SAFETY: the buffer holds at least `bytes` bytes.
        let found = unsafe {
            GetTokenInformation(token.0, TokenUser, buffer.as_mut_ptr().cast(), bytes, &raw mut bytes)
        };
        if found == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(buffer)) }
    }

    fn sid(&self) -> PSID {
        // SAFETY: the buffer was filled as TOKEN_USER, is aligned for it and is never empty.
        unsafe { (*self.0.as_ptr().cast::<TOKEN_USER>()).User.Sid }
    }

    /// `S-1-5-21-…`.
    fn text(&self) -> io::Result<String> {
        let mut text: *mut u16 = ptr::null_mut();
        // SAFETY: the SID is valid while `self` is; the text is freed below.
        if unsafe { ConvertSidToStringSidW(self.sid(), &raw mut text) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: Windows wrote a NUL-terminated text with LocalAlloc; it is copied before it is freed.
        unsafe {
            let mut length = 0;
            while *text.add(length) != 0 {
                length += 1;
            }
            let copy = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
            LocalFree(text.cast());
            Ok(copy)
        }
    }
}

struct Token(HANDLE);

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the handle is valid and owned by this value.
        unsafe { CloseHandle(self.0) };
    }
}

/// The path as Windows wants it, also beyond 260 characters. The folder above exists.
fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let full: PathBuf = match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            fs::canonicalize(folder)?.join(name)
        }
        _ => path.to_owned(),
    };
    Ok(full.as_os_str().encode_wide().chain([0]).collect())
}

fn outcome(code: u32) -> io::Result<()> {
    if code == ERROR_SUCCESS { Ok(()) } else { Err(io::Error::from_raw_os_error(code.cast_signed())) }
}
