//! The names behind the numbers by which old libraries of Windows are imported, which have not changed in decades.

/// Winsock, in both of its libraries.
const SOCKETS: &[(u16, &str)] = &[
    (1, "accept"),
    (2, "bind"),
    (3, "closesocket"),
    (4, "connect"),
    (5, "getpeername"),
    (6, "getsockname"),
    (7, "getsockopt"),
    (8, "htonl"),
    (9, "htons"),
    (13, "listen"),
    (14, "ntohl"),
    (15, "ntohs"),
    (16, "recv"),
    (17, "recvfrom"),
    (18, "select"),
    (19, "send"),
    (20, "sendto"),
    (21, "setsockopt"),
    (22, "shutdown"),
    (23, "socket"),
    (51, "gethostbyaddr"),
    (52, "gethostbyname"),
    (53, "getprotobyname"),
    (54, "getprotobynumber"),
    (55, "getservbyname"),
    (56, "getservbyport"),
    (57, "gethostname"),
    (101, "WSAAsyncSelect"),
    (103, "WSAAsyncGetHostByName"),
    (108, "WSACancelAsyncRequest"),
    (111, "WSAGetLastError"),
    (112, "WSASetLastError"),
    (115, "WSAStartup"),
    (116, "WSACleanup"),
    (151, "__WSAFDIsSet"),
];

/// Where the two libraries of Winsock differ.
const SOCKETS_2: &[(u16, &str)] = &[(10, "ioctlsocket"), (11, "inet_addr"), (12, "inet_ntoa")];
const SOCKETS_1: &[(u16, &str)] = &[(10, "inet_addr"), (11, "inet_ntoa"), (12, "ioctlsocket")];

/// OLE automation.
const AUTOMATION: &[(u16, &str)] = &[
    (2, "SysAllocString"),
    (3, "SysReAllocString"),
    (4, "SysAllocStringLen"),
    (5, "SysReAllocStringLen"),
    (6, "SysFreeString"),
    (7, "SysStringLen"),
    (8, "VariantInit"),
    (9, "VariantClear"),
    (10, "VariantCopy"),
    (11, "VariantCopyInd"),
    (12, "VariantChangeType"),
    (15, "SafeArrayCreate"),
    (16, "SafeArrayDestroy"),
    (17, "SafeArrayGetDim"),
    (18, "SafeArrayGetElemsize"),
    (19, "SafeArrayGetUBound"),
    (20, "SafeArrayGetLBound"),
    (21, "SafeArrayLock"),
    (22, "SafeArrayUnlock"),
    (23, "SafeArrayAccessData"),
    (24, "SafeArrayUnaccessData"),
    (25, "SafeArrayGetElement"),
    (26, "SafeArrayPutElement"),
    (27, "SafeArrayCopy"),
    (29, "DispGetIDsOfNames"),
    (30, "DispInvoke"),
    (33, "RegisterActiveObject"),
    (34, "RevokeActiveObject"),
    (35, "GetActiveObject"),
    (147, "VariantChangeTypeEx"),
    (149, "SysStringByteLen"),
    (150, "SysAllocStringByteLen"),
    (161, "LoadTypeLib"),
    (162, "LoadRegTypeLib"),
    (163, "RegisterTypeLib"),
    (184, "SystemTimeToVariantTime"),
    (185, "VariantTimeToSystemTime"),
    (200, "GetErrorInfo"),
    (201, "SetErrorInfo"),
    (202, "CreateErrorInfo"),
];

/// Controls and the shell, whose numbers are mostly known by those who use them.
const CONTROLS: &[(u16, &str)] = &[(17, "InitCommonControls")];
const SHELL: &[(u16, &str)] = &[(680, "IsUserAnAdmin")];

/// The name of what a library exports under a number.
pub(super) fn name(library: &[u8], number: u16) -> Option<&'static str> {
    let is = |name: &str| library.eq_ignore_ascii_case(name.as_bytes());
    let tables: &[&[(u16, &'static str)]] = if is("ws2_32.dll") {
        &[SOCKETS, SOCKETS_2]
    } else if is("wsock32.dll") {
        &[SOCKETS, SOCKETS_1]
    } else if is("oleaut32.dll") {
        &[AUTOMATION]
    } else if is("comctl32.dll") {
        &[CONTROLS]
    } else if is("shell32.dll") {
        &[SHELL]
    } else {
        &[]
    };
    tables.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == number).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names_where_everyone_knows_them() {
        assert_eq!(name(b"WS2_32.dll", 4), Some("connect"));
        assert_eq!(name(b"WS2_32.DLL", 11), Some("inet_addr"));
        assert_eq!(name(b"wsock32.dll", 11), Some("inet_ntoa"));
        assert_eq!(name(b"OLEAUT32.dll", 2), Some("SysAllocString"));
        assert_eq!(name(b"OLEAUT32.dll", 9999), None);
        assert_eq!(name(b"other.dll", 4), None);
    }
}
