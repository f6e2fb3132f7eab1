#include "CTLSClient.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

struct ctlsclient {
    SSL_CTX *context;
    SSL *session;
    BIO_METHOD *method;
};

// OpenSSL's own socket BIO raises SIGPIPE when the peer has gone; these do not.
static int send_quietly(BIO *bio, const char *bytes, int count) {
    long sent = send((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)count, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return (int)sent;
}

static int receive(BIO *bio, char *bytes, int count) {
    long received = recv((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)count, 0);
    BIO_clear_retry_flags(bio);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return (int)received;
}

static long control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO *make_bio(ctlsclient *client, int fd) {
    client->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    if (!client->method) return NULL;
    BIO_meth_set_write(client->method, send_quietly);
    BIO_meth_set_read(client->method, receive);
    BIO_meth_set_ctrl(client->method, control);
    BIO *bio = BIO_new(client->method);
    if (!bio) return NULL;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    return bio;
}

ctlsclient *ctlsclient_make(int fd, const char *name, const unsigned char *protocols, size_t length, int newest) {
    ctlsclient *client = calloc(1, sizeof(ctlsclient));
    if (!client) return NULL;
    client->context = SSL_CTX_new(TLS_client_method());
    if (client->context) {
        // Old versions are offered too, since refusing them is the server's duty.
        SSL_CTX_set_security_level(client->context, 0);
        SSL_CTX_set_min_proto_version(client->context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(client->context, newest);
        SSL_CTX_set_mode(client->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        client->session = SSL_new(client->context);
    }
    BIO *bio = client->session ? make_bio(client, fd) : NULL;
    if (!bio) {
        ctlsclient_free(client);
        return NULL;
    }
    SSL_set_bio(client->session, bio, bio);
    SSL_set_tlsext_host_name(client->session, name);
    if (length > 0) SSL_set_alpn_protos(client->session, protocols, (unsigned)length);
    return client;
}

static int outcome(ctlsclient *client, int result) {
    switch (SSL_get_error(client->session, result)) {
    case SSL_ERROR_WANT_READ: return CTLSCLIENT_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return CTLSCLIENT_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return CTLSCLIENT_CLOSED;
    default: return CTLSCLIENT_FAILED;
    }
}

int ctlsclient_handshake(ctlsclient *client) {
    ERR_clear_error();
    int result = SSL_connect(client->session);
    return result == 1 ? 1 : outcome(client, result);
}

long ctlsclient_read(ctlsclient *client, void *bytes, size_t count) {
    size_t done = 0;
    ERR_clear_error();
    int result = SSL_read_ex(client->session, bytes, count, &done);
    return result == 1 ? (long)done : outcome(client, result);
}

long ctlsclient_write(ctlsclient *client, const void *bytes, size_t count) {
    size_t done = 0;
    ERR_clear_error();
    int result = SSL_write_ex(client->session, bytes, count, &done);
    return result == 1 ? (long)done : outcome(client, result);
}

size_t ctlsclient_protocol(ctlsclient *client, const unsigned char **name) {
    unsigned length = 0;
    SSL_get0_alpn_selected(client->session, name, &length);
    return length;
}

void ctlsclient_free(ctlsclient *client) {
    if (!client) return;
    SSL_free(client->session);
    SSL_CTX_free(client->context);
    BIO_meth_free(client->method);
    free(client);
}

void ctlsclient_sha1(const void *bytes, size_t count, unsigned char digest[20]) { SHA1(bytes, count, digest); }
