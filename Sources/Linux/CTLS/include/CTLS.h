// TLS of a server whose event loops own the sockets and the buffers: bytes in, bytes out, nothing blocks.
//
// A server belongs to one thread, with all sessions made from it; a table of certificates may be built on any thread
// and is handed to a server whole. Defines no feature macro, see CEpoll.h, and shows no header of OpenSSL.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CTLSCertificates.h"

// Bytes of plain text in the largest record, and what a record adds to them at most, with a message that OpenSSL may
// have to send before it.
#define CTLS_RECORD_BYTES 16384
#define CTLS_RECORD_OVERHEAD 256

// Consecutive key updates after which a client is refused: each costs us two key derivations.
#define CTLS_KEY_UPDATES_MAX 32

typedef struct ctls_table ctls_table;
typedef struct ctls_server ctls_server;
typedef struct ctls_session ctls_session;

// Where ciphertext goes: `count` bytes are in it, `capacity` fit.
typedef struct ctls_output {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
} ctls_output;

// Some bytes to send. Of our own, since several modules claim `iovec`.
typedef struct ctls_piece {
    const void *bytes;
    size_t count;
} ctls_piece;

typedef enum ctls_outcome {
    // All ciphertext was used; the rest of a record or of the handshake is still to come.
    CTLS_NEEDS_MORE = 0,
    // The room for plain text is used up: call again with the ciphertext that is left.
    CTLS_NEEDS_ROOM = 1,
    // The output is full: send it and call again with the ciphertext that is left.
    CTLS_NEEDS_OUTPUT = 2,
    // The peer said that it sends nothing more.
    CTLS_CLOSED = 3,
    // The session is broken. The output may hold an alert for the peer.
    CTLS_FAILED = 4,
} ctls_outcome;

typedef struct ctls_decrypted {
    ctls_outcome outcome;
    // Bytes of ciphertext that were used, and of plain text that were made; both may be above 0 with any outcome.
    size_t consumed;
    size_t produced;
} ctls_decrypted;

typedef enum ctls_protocol {
    CTLS_PROTOCOL_NONE = 0,
    CTLS_PROTOCOL_HTTP1 = 1,
    CTLS_PROTOCOL_HTTP2 = 2,
} ctls_protocol;

// Tables. The certificate that was added first is the default, for clients that name no host or an unknown one.
// For one server, but made on any thread; freed before the server.
ctls_table *ctls_table_new(const ctls_server *server);
// Adds a chain (PEM, leaf first) with its key (PEM) for hosts (exact, or `*.` and a domain). A host that is there
// already keeps its certificate. Gives 1, or 0 and a reason that holds nothing of the key.
int ctls_table_add(
    ctls_table *table, const char *const *hosts, size_t host_count, const char *chain, size_t chain_length,
    const char *key, size_t key_length, char *reason, size_t reason_capacity);
// Connections that use its certificates keep them.
void ctls_table_free(ctls_table *table);

// Servers.
#define CTLS_TICKET_SECRET_BYTES 32
// Random bytes from OpenSSL. Gives 1 or 0.
int ctls_random(uint8_t *bytes, size_t count);
// Every server of a process gets the same secret, so that each resumes the others' sessions, for so many seconds.
ctls_server *ctls_server_new(const uint8_t *ticket_secret, int offers_http2, uint32_t session_seconds);
void ctls_server_free(ctls_server *server);
// Puts a table in force for sessions to come and gives the one before, which the caller frees; NULL for none.
ctls_table *ctls_server_exchange_table(ctls_server *server, ctls_table *table);
// Moves the ticket keys on to a period, counted from the start of the process; backwards does nothing.
void ctls_server_advance_tickets(ctls_server *server, uint64_t period);
// NULL without a table, with an empty one, or without memory.
ctls_session *ctls_server_session(ctls_server *server);

// Sessions.
void ctls_session_free(ctls_session *session);
ctls_decrypted ctls_decrypt(
    ctls_session *session, const void *cipher, size_t count, void *plain, size_t capacity, ctls_output *output);
// Bytes of the pieces that went into the output, as records; fewer than given when the output is full, 0 before the
// handshake has ended and after the session broke or was closed by us.
size_t ctls_encrypt(ctls_session *session, const ctls_piece *pieces, size_t piece_count, ctls_output *output);
// Says that we send nothing more. Does nothing before the handshake has ended or on a broken session.
void ctls_close(ctls_session *session, ctls_output *output);
int ctls_is_handshaken(const ctls_session *session);
int ctls_is_resumed(const ctls_session *session);
// 0x0303 or 0x0304.
int ctls_version(const ctls_session *session);
ctls_protocol ctls_selected_protocol(const ctls_session *session);
// The host that the client named; NULL for none. Lives as long as the session.
const char *ctls_server_name(const ctls_session *session);
// Why the session is broken: a static text, or NULL when it is not.
const char *ctls_reason(const ctls_session *session);
// Whether it broke because the client spoke plain HTTP.
int ctls_is_plain_http(const ctls_session *session);
// The name of the cipher suite, static.
const char *ctls_cipher(const ctls_session *session);

// Writes the SHA-1 of some bytes, 20 bytes, which the handshake of WebSocket wants. Gives 1 or 0. On any thread.
int ctls_sha1(const void *bytes, size_t count, uint8_t *digest);

// Clients, for probes and tests.
typedef struct ctls_client ctls_client;
// Trusts the root (PEM) alone, or nobody is checked when it is NULL. Versions as of ctls_version.
ctls_client *ctls_client_new(const char *root, int lowest_version, int highest_version);
void ctls_client_free(ctls_client *client);
// Protocols as ALPN has them on the wire (each with its length in front). With `resumes`, a session that an earlier
// connection of the client was given is offered.
ctls_session *ctls_client_session(
    ctls_client *client, const char *host, const uint8_t *protocols, size_t protocols_length, int resumes);
// Whether the client was given a session that it can resume.
int ctls_client_has_ticket(const ctls_client *client);
// Asks for new keys on both sides with the next bytes; TLS 1.3 only.
int ctls_client_update_keys(ctls_session *session);
// Asks for a new handshake, which a server of ours refuses; TLS 1.2 only.
int ctls_client_renegotiate(ctls_session *session);
// The common name of the certificate that the server showed, cut to fit. Gives its length, 0 for none.
size_t ctls_client_peer_name(const ctls_session *session, char *name, size_t capacity);
