#include "internal.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct ctls_client {
    ctls_io io;
    SSL_CTX *context;
    BIO_METHOD *method;
    // What the last connection was given.
    SSL_SESSION *ticket;
};

static int keep_ticket(SSL *ssl, SSL_SESSION *ticket) {
    ctls_client *client = ctls_session_of(ssl)->client;
    SSL_SESSION_free(client->ticket);
    client->ticket = ticket;
    return 1;
}

static int trust(SSL_CTX *context, const char *root) {
    BIO *bio = BIO_new_mem_buf(root, -1);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    int is_added =
        certificate != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) == 1;
    X509_free(certificate);
    BIO_free(bio);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return is_added;
}

ctls_client *ctls_client_new(const char *root, int lowest_version, int highest_version) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    ctls_client *client = calloc(1, sizeof *client);
    if (client == NULL) return NULL;
    client->context = SSL_CTX_new(TLS_client_method());
    client->method = ctls_bio_method();
    int is_set = client->context != NULL && client->method != NULL
        && SSL_CTX_set_min_proto_version(client->context, lowest_version) == 1
        && SSL_CTX_set_max_proto_version(client->context, highest_version) == 1
        && (root == NULL || trust(client->context, root));
    if (!is_set) {
        ctls_client_free(client);
        return NULL;
    }
    SSL_CTX_set_mode(client->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client->context, keep_ticket);
    return client;
}

void ctls_client_free(ctls_client *client) {
    if (client == NULL) return;
    SSL_SESSION_free(client->ticket);
    SSL_CTX_free(client->context);
    BIO_meth_free(client->method);
    free(client);
}

ctls_session *ctls_client_session(
    ctls_client *client, const char *host, const uint8_t *protocols, size_t protocols_length, int resumes) {
    SSL *ssl = SSL_new(client->context);
    ctls_session *session = ctls_session_wrap(ssl, &client->io, client->method);
    if (session == NULL) return NULL;
    session->client = client;
    SSL_set_connect_state(ssl);
    // SSL_set_alpn_protos gives 0 when all is well.
    int is_set = (host == NULL || (SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1))
        && (protocols_length == 0 || SSL_set_alpn_protos(ssl, protocols, (unsigned)protocols_length) == 0)
        && (!resumes || client->ticket == NULL || SSL_set_session(ssl, client->ticket) == 1);
    if (is_set) return session;
    ctls_session_free(session);
    return NULL;
}

int ctls_client_has_ticket(const ctls_client *client) {
    return client->ticket != NULL && SSL_SESSION_is_resumable(client->ticket);
}

int ctls_client_update_keys(ctls_session *session) {
    return SSL_key_update(session->ssl, SSL_KEY_UPDATE_REQUESTED);
}

int ctls_client_renegotiate(ctls_session *session) { return SSL_renegotiate(session->ssl); }

size_t ctls_client_peer_name(const ctls_session *session, char *name, size_t capacity) {
    X509 *certificate = SSL_get0_peer_certificate(session->ssl);
    if (certificate == NULL || capacity == 0) return 0;
    int length = X509_NAME_get_text_by_NID(
        X509_get_subject_name(certificate), NID_commonName, name, (int)capacity);
    return length < 0 ? 0 : (size_t)length;
}
