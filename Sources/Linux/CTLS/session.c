#include "internal.h"
#include <stdlib.h>
#include <string.h>

// The BIO of every session reads from and writes to the buffers of the call that is running, so that an idle
// connection holds none.
static int bio_read(BIO *bio, char *bytes, int count) {
    ctls_session *session = BIO_get_data(bio);
    ctls_io *io = session->io;
    BIO_clear_retry_flags(bio);
    // Ends the loop in which OpenSSL goes through messages that we refuse.
    if (session->is_refused) return -1;
    if (io->in_count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t taken = io->in_count < (size_t)count ? io->in_count : (size_t)count;
    memcpy(bytes, io->in, taken);
    io->in += taken;
    io->in_count -= taken;
    return (int)taken;
}

static int bio_write(BIO *bio, const char *bytes, int count) {
    ctls_session *session = BIO_get_data(bio);
    ctls_output *out = session->io->out;
    BIO_clear_retry_flags(bio);
    size_t room = out->capacity - out->count;
    if (room == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    size_t taken = room < (size_t)count ? room : (size_t)count;
    memcpy(out->bytes + out->count, bytes, taken);
    out->count += taken;
    return (int)taken;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *ctls_bio_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop buffers");
    if (method == NULL) return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
}

ctls_session *ctls_session_of(const SSL *ssl) { return BIO_get_data(SSL_get_rbio(ssl)); }

void ctls_watch_messages(
    int is_sent, int version, int type, const void *bytes, size_t count, SSL *ssl, void *argument) {
    (void)version, (void)ssl;
    ctls_session *session = argument;
    const uint8_t *message = bytes;
    if (is_sent && type == SSL3_RT_ALERT && count == 2 && message[1] == SSL_AD_NO_RENEGOTIATION) {
        session->is_refused = 1;
        session->reason = "renegotiation";
    } else if (!is_sent && type == SSL3_RT_HANDSHAKE && count > 0 && message[0] == SSL3_MT_KEY_UPDATE) {
        if (++session->key_updates <= CTLS_KEY_UPDATES_MAX) return;
        session->is_refused = 1;
        session->reason = "too many key updates";
    }
}

ctls_session *ctls_session_wrap(SSL *ssl, ctls_io *io, BIO_METHOD *method) {
    ctls_session *session = calloc(1, sizeof *session);
    BIO *bio = BIO_new(method);
    if (ssl == NULL || session == NULL || bio == NULL) {
        SSL_free(ssl);
        BIO_free(bio);
        free(session);
        ERR_clear_error();
        return NULL;
    }
    session->ssl = ssl;
    session->io = io;
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return session;
}

void ctls_session_free(ctls_session *session) {
    if (session == NULL) return;
    // Else OpenSSL would take a connection that just ended for an attack and spoil its ticket.
    SSL_set_shutdown(session->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(session->ssl);
    free(session);
}

static void clear_errors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

static ctls_outcome fail(ctls_session *session) {
    unsigned long code = ERR_peek_last_error();
    session->is_broken = 1;
    session->is_plain_http = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SSL
        && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    if (session->reason == NULL) session->reason = ERR_reason_error_string(code);
    if (session->reason == NULL) session->reason = "broken session";
    ERR_clear_error();
    return CTLS_FAILED;
}

static ctls_outcome outcome_of(ctls_session *session, int result) {
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ: return CTLS_NEEDS_MORE;
    case SSL_ERROR_WANT_WRITE: return CTLS_NEEDS_OUTPUT;
    case SSL_ERROR_ZERO_RETURN: return CTLS_CLOSED;
    default: return fail(session);
    }
}

ctls_decrypted ctls_decrypt(
    ctls_session *session, const void *cipher, size_t count, void *plain, size_t capacity, ctls_output *output) {
    ctls_decrypted done = {CTLS_NEEDS_MORE, 0, 0};
    if (session->is_broken) {
        done.outcome = CTLS_FAILED;
        return done;
    }
    clear_errors();
    *session->io = (ctls_io){cipher, count, output};
    for (;;) {
        if (done.produced == capacity) {
            done.outcome = CTLS_NEEDS_ROOM;
            break;
        }
        size_t got = 0;
        int result = SSL_read_ex(session->ssl, (uint8_t *)plain + done.produced, capacity - done.produced, &got);
        if (session->is_refused) {
            done.outcome = fail(session);
            break;
        }
        if (result != 1) {
            done.outcome = outcome_of(session, result);
            break;
        }
        done.produced += got;
        session->key_updates = 0;
        // Whole records were read and nothing is left: another call would only tell us so.
        if (session->io->in_count == 0 && SSL_pending(session->ssl) == 0) break;
    }
    if (!session->is_handshaken) session->is_handshaken = (uint8_t)SSL_is_init_finished(session->ssl);
    done.consumed = count - session->io->in_count;
    session->io->out = NULL;
    return done;
}

// Walks over pieces and gives runs of bytes, joined in the scratch space when a piece is smaller than a record.
typedef struct piece_cursor {
    const ctls_piece *pieces;
    size_t count;
    size_t offset;
} piece_cursor;

static const uint8_t *next_run(piece_cursor *cursor, size_t limit, uint8_t *scratch, size_t *length) {
    while (cursor->count > 0 && cursor->pieces->count == cursor->offset) {
        cursor->pieces++;
        cursor->count--;
        cursor->offset = 0;
    }
    *length = 0;
    if (cursor->count == 0) return NULL;
    size_t rest = cursor->pieces->count - cursor->offset;
    const uint8_t *start = (const uint8_t *)cursor->pieces->bytes + cursor->offset;
    if (rest >= limit || cursor->count == 1) {
        *length = rest < limit ? rest : limit;
        return start;
    }
    piece_cursor ahead = *cursor;
    while (ahead.count > 0 && *length < limit) {
        size_t part = ahead.pieces->count - ahead.offset;
        if (part > limit - *length) part = limit - *length;
        if (part > 0) memcpy(scratch + *length, (const uint8_t *)ahead.pieces->bytes + ahead.offset, part);
        *length += part;
        ahead.pieces++;
        ahead.count--;
        ahead.offset = 0;
    }
    return scratch;
}

static void skip(piece_cursor *cursor, size_t length) {
    while (length > 0) {
        size_t rest = cursor->pieces->count - cursor->offset;
        size_t part = rest < length ? rest : length;
        cursor->offset += part;
        length -= part;
        if (cursor->offset == cursor->pieces->count) {
            cursor->pieces++;
            cursor->count--;
            cursor->offset = 0;
        }
    }
}

size_t ctls_encrypt(ctls_session *session, const ctls_piece *pieces, size_t piece_count, ctls_output *output) {
    if (session->is_broken || session->has_sent_close || !session->is_handshaken) return 0;
    uint8_t *scratch = session->server != NULL ? session->server->scratch : NULL;
    uint8_t own[CTLS_RECORD_BYTES];
    if (scratch == NULL) scratch = own;
    clear_errors();
    *session->io = (ctls_io){NULL, 0, output};
    piece_cursor cursor = {pieces, piece_count, 0};
    size_t taken = 0;
    for (;;) {
        size_t room = output->capacity - output->count;
        if (room <= CTLS_RECORD_OVERHEAD) break;
        size_t length = 0;
        const uint8_t *run = next_run(&cursor, CTLS_RECORD_BYTES, scratch, &length);
        if (length == 0) break;
        if (length > room - CTLS_RECORD_OVERHEAD) {
            // A small record costs as much as a large one, so it waits unless the output is that small.
            if (output->count > 0) break;
            length = room - CTLS_RECORD_OVERHEAD;
        }
        size_t written = 0;
        if (SSL_write_ex(session->ssl, run, length, &written) != 1) {
            // There was room, so nothing that waiting would mend.
            fail(session);
            break;
        }
        taken += written;
        skip(&cursor, written);
    }
    session->io->out = NULL;
    return taken;
}

void ctls_close(ctls_session *session, ctls_output *output) {
    if (session->is_broken || session->has_sent_close || !session->is_handshaken) return;
    clear_errors();
    *session->io = (ctls_io){NULL, 0, output};
    session->has_sent_close = 1;
    if (SSL_shutdown(session->ssl) < 0) ERR_clear_error();
    session->io->out = NULL;
}

int ctls_is_handshaken(const ctls_session *session) { return session->is_handshaken; }

int ctls_is_resumed(const ctls_session *session) { return SSL_session_reused(session->ssl); }

int ctls_version(const ctls_session *session) { return SSL_version(session->ssl); }

ctls_protocol ctls_selected_protocol(const ctls_session *session) {
    const unsigned char *name = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(session->ssl, &name, &length);
    if (length == 2 && memcmp(name, "h2", 2) == 0) return CTLS_PROTOCOL_HTTP2;
    if (length == 8 && memcmp(name, "http/1.1", 8) == 0) return CTLS_PROTOCOL_HTTP1;
    return CTLS_PROTOCOL_NONE;
}

const char *ctls_server_name(const ctls_session *session) {
    return SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);
}

const char *ctls_reason(const ctls_session *session) { return session->reason; }

int ctls_is_plain_http(const ctls_session *session) { return session->is_plain_http; }

const char *ctls_cipher(const ctls_session *session) { return SSL_get_cipher_name(session->ssl); }
