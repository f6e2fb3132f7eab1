// The client's side of TLS over a socket of the caller, for what tests and probes talk to. Nothing is verified: whoever
// probes a server on loopback has made its certificate.
#pragma once
#include <stddef.h>

typedef struct ctlsclient ctlsclient;

enum {
    CTLSCLIENT_CLOSED = 0,
    CTLSCLIENT_WANTS_READ = -1,
    CTLSCLIENT_WANTS_WRITE = -2,
    CTLSCLIENT_FAILED = -3,
};

// The socket stays the caller's. `protocols` is ALPN's list: each name with its length in front; without one, none is
// offered. `newest` is the newest version offered, 0x0301 for TLS 1.0 to 0x0304 for TLS 1.3. Null without memory.
ctlsclient *ctlsclient_make(int fd, const char *name, const unsigned char *protocols, size_t length, int newest);

// 1 once hands are shaken, or one of the numbers above.
int ctlsclient_handshake(ctlsclient *client);

// The count of bytes, or one of the numbers above.
long ctlsclient_read(ctlsclient *client, void *bytes, size_t count);
long ctlsclient_write(ctlsclient *client, const void *bytes, size_t count);

// The protocol that ALPN chose; its length is 0 when none was.
size_t ctlsclient_protocol(ctlsclient *client, const unsigned char **name);

void ctlsclient_free(ctlsclient *client);

// SHA-1, which a WebSocket's handshake is made of.
void ctlsclient_sha1(const void *bytes, size_t count, unsigned char digest[20]);
