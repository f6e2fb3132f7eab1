#pragma once
#include "include/CTLS.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

// The buffers of the call that is running.
typedef struct ctls_io {
    const uint8_t *in;
    size_t in_count;
    ctls_output *out;
} ctls_io;

struct ctls_session {
    SSL *ssl;
    // Of its server or client.
    ctls_io *io;
    ctls_server *server;
    ctls_client *client;
    const char *reason;
    uint8_t key_updates;
    uint8_t is_handshaken;
    uint8_t is_refused;
    uint8_t is_broken;
    uint8_t is_plain_http;
    uint8_t has_sent_close;
};

typedef struct ctls_ticket_key {
    uint8_t name[16];
    uint8_t cipher[32];
    uint8_t mac[32];
} ctls_ticket_key;

typedef struct ctls_tickets {
    // From which the next period's keys come. Those of the past can't be computed from it.
    uint8_t secret[CTLS_TICKET_SECRET_BYTES];
    uint64_t period;
    ctls_ticket_key current;
    ctls_ticket_key previous;
    EVP_CIPHER *cipher;
} ctls_tickets;

struct ctls_server {
    ctls_io io;
    ctls_table *table;
    ctls_tickets tickets;
    BIO_METHOD *method;
    int offers_http2;
    uint32_t session_seconds;
    // OpenSSL's locks are in here, so that servers on several threads don't wait for each other.
    OSSL_LIB_CTX *library;
    // Where pieces are joined to a record.
    uint8_t scratch[CTLS_RECORD_BYTES];
};

BIO_METHOD *ctls_bio_method(void);
// Wraps a new SSL, which it owns from then on; NULL without memory.
ctls_session *ctls_session_wrap(SSL *ssl, ctls_io *io, BIO_METHOD *method);
ctls_session *ctls_session_of(const SSL *ssl);
// Sees what passes a server's session and refuses what only attackers send: floods of key updates, and new handshakes
// in TLS 1.2.
void ctls_watch_messages(
    int is_sent, int version, int type, const void *bytes, size_t count, SSL *ssl, void *argument);

int ctls_tickets_start(ctls_tickets *tickets, const uint8_t *secret, OSSL_LIB_CTX *library);
void ctls_tickets_advance(ctls_tickets *tickets, uint64_t period);
void ctls_tickets_end(ctls_tickets *tickets);
int ctls_ticket_callback(
    SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_making);

// A context for one certificate, with everything that all have in common.
SSL_CTX *ctls_context_new(const ctls_server *server);
// The context of the certificate for a host, the default one when none is; NULL in an empty table.
SSL_CTX *ctls_table_find(const ctls_table *table, const char *host);
SSL_CTX *ctls_table_default(const ctls_table *table);
