#include "internal.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Forward secret and authenticated ones only; AES-128 first, which costs the least. For RSA certificates too.
static const char *const suites_12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static const char *const suites_13 = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
// The others cost much more and nobody needs them.
static const char *const groups = "X25519:P-256:P-384";

// Before OpenSSL is used for anything. At the end of the process nothing is taken down, since other threads may still be
// at work; and the machine's openssl.cnf does not reach us: what a client gets is decided here.
__attribute__((constructor)) static void prepare(void) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static int select_certificate(SSL *ssl, int *alert, void *argument) {
    (void)alert, (void)argument;
    const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (host == NULL) return SSL_TLSEXT_ERR_NOACK;
    // Of the table in force now, not of the one when the connection came.
    SSL_CTX *context = ctls_table_find(ctls_session_of(ssl)->server->table, host);
    if (context != NULL && context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
    return SSL_TLSEXT_ERR_OK;
}

static const unsigned char *find_protocol(
    const unsigned char *offered, unsigned count, const char *name, unsigned length) {
    for (unsigned at = 0; at + 1 + length <= count; at += 1u + offered[at]) {
        if (offered[at] == length && memcmp(offered + at + 1, name, length) == 0) return offered + at + 1;
    }
    return NULL;
}

static int select_protocol(
    SSL *ssl, const unsigned char **selected, unsigned char *length, const unsigned char *offered, unsigned count,
    void *argument) {
    (void)argument;
    const unsigned char *found = NULL;
    if (ctls_session_of(ssl)->server->offers_http2) found = find_protocol(offered, count, "h2", *length = 2);
    if (found == NULL) found = find_protocol(offered, count, "http/1.1", *length = 8);
    *selected = found;
    // A client that offers only what we don't speak is told so, as RFC 7301 §3.2 asks.
    return found != NULL ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX *ctls_context_new(const ctls_server *server) {
    SSL_CTX *context = SSL_CTX_new_ex(server->library, NULL, TLS_server_method());
    if (context == NULL) return NULL;
    static const unsigned char owner[] = "runabout";
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_options(
        context,
        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    // Tickets hold the sessions; the server holds none.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, server->session_seconds);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ctls_ticket_callback);
    SSL_CTX_set_tlsext_servername_callback(context, select_certificate);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    int is_set = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1
        && SSL_CTX_set_cipher_list(context, suites_12) == 1 && SSL_CTX_set_ciphersuites(context, suites_13) == 1
        && SSL_CTX_set1_groups_list(context, groups) == 1
        && SSL_CTX_set_session_id_context(context, owner, sizeof owner - 1) == 1;
    if (is_set) return context;
    SSL_CTX_free(context);
    return NULL;
}

// Library contexts that no server uses. They are used again and never freed: a thread that drew random numbers from one
// comes back to it when it ends, which may be long after the server is gone.
static struct {
    pthread_mutex_t lock;
    OSSL_LIB_CTX **unused;
    size_t count;
} libraries = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};

static OSSL_LIB_CTX *take_library(void) {
    pthread_mutex_lock(&libraries.lock);
    OSSL_LIB_CTX *library = libraries.count > 0 ? libraries.unused[--libraries.count] : NULL;
    pthread_mutex_unlock(&libraries.lock);
    return library != NULL ? library : OSSL_LIB_CTX_new();
}

static void give_library(OSSL_LIB_CTX *library) {
    if (library == NULL) return;
    pthread_mutex_lock(&libraries.lock);
    OSSL_LIB_CTX **more = realloc(libraries.unused, (libraries.count + 1) * sizeof *more);
    if (more != NULL) {
        libraries.unused = more;
        libraries.unused[libraries.count++] = library;
    }
    pthread_mutex_unlock(&libraries.lock);
}

ctls_server *ctls_server_new(const uint8_t *ticket_secret, int offers_http2, uint32_t session_seconds) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    ctls_server *server = calloc(1, sizeof *server);
    if (server == NULL) return NULL;
    server->offers_http2 = offers_http2;
    server->session_seconds = session_seconds;
    server->method = ctls_bio_method();
    server->library = take_library();
    if (server->method != NULL && server->library != NULL
        && ctls_tickets_start(&server->tickets, ticket_secret, server->library)) return server;
    ctls_server_free(server);
    return NULL;
}

void ctls_server_free(ctls_server *server) {
    if (server == NULL) return;
    ctls_table_free(server->table);
    ctls_tickets_end(&server->tickets);
    BIO_meth_free(server->method);
    give_library(server->library);
    free(server);
}

ctls_table *ctls_server_exchange_table(ctls_server *server, ctls_table *table) {
    ctls_table *before = server->table;
    server->table = table;
    return before;
}

void ctls_server_advance_tickets(ctls_server *server, uint64_t period) {
    if (period > server->tickets.period) ctls_tickets_advance(&server->tickets, period);
}

ctls_session *ctls_server_session(ctls_server *server) {
    SSL_CTX *context = ctls_table_default(server->table);
    if (context == NULL) return NULL;
    SSL *ssl = SSL_new(context);
    ctls_session *session = ctls_session_wrap(ssl, &server->io, server->method);
    if (session == NULL) return NULL;
    session->server = server;
    SSL_set_msg_callback(ssl, ctls_watch_messages);
    SSL_set_msg_callback_arg(ssl, session);
    SSL_set_accept_state(ssl);
    return session;
}
