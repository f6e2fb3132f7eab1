#include "include/CTLSCertificates.h"
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_password(char *buffer, int size, int is_writing, void *argument) {
    (void)buffer, (void)size, (void)is_writing, (void)argument;
    return -1;
}

static X509 *read_certificate(const char *text) {
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_password, NULL);
    BIO_free(bio);
    return certificate;
}

static EVP_PKEY *read_key(const char *text) {
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    return key;
}

// The text of a memory BIO, which it frees, as a string of its own.
static char *take_text(BIO *bio, int is_written) {
    char *bytes = NULL;
    long count = bio == NULL ? 0 : BIO_get_mem_data(bio, &bytes);
    char *text = is_written && count > 0 ? strndup(bytes, (size_t)count) : NULL;
    BIO_free(bio);
    return text;
}

static int write_made(X509 *certificate, EVP_PKEY *key, ctls_made *made) {
    BIO *bio = BIO_new(BIO_s_mem());
    made->certificate = take_text(bio, bio != NULL && PEM_write_bio_X509(bio, certificate) == 1);
    // Wipes what it frees.
    bio = BIO_new(BIO_s_secmem());
    made->key = take_text(
        bio, bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
    if (made->certificate != NULL && made->key != NULL) return 1;
    ctls_made_free(made);
    return 0;
}

void ctls_made_free(ctls_made *made) {
    free(made->certificate);
    if (made->key != NULL) OPENSSL_cleanse(made->key, strlen(made->key));
    free(made->key);
    *made = (ctls_made){NULL, NULL};
}

static int set_serial(X509 *certificate) {
    // Positive, and with more than the 64 random bits that the CA/Browser Forum asks for.
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return 0;
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    int is_set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_set;
}

static int add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    int is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static int set_name(X509 *certificate, const char *name) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1;
}

static int begin(X509 *certificate, EVP_PKEY *key, int64_t not_before, int64_t not_after) {
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate)
        && ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before) != NULL
        && ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after) != NULL
        && X509_set_pubkey(certificate, key) == 1;
}

int ctls_make_authority(const char *name, int64_t not_before, int64_t not_after, ctls_made *made) {
    *made = (ctls_made){NULL, NULL};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int is_made = key != NULL && certificate != NULL && begin(certificate, key, not_before, not_after)
        && set_name(certificate, name)
        && X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1
        && add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        && add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign")
        && add_extension(certificate, certificate, NID_subject_key_identifier, "hash")
        && X509_sign(certificate, key, EVP_sha256()) > 0 && write_made(certificate, key, made);
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return is_made;
}

static int add_hosts(X509 *certificate, const char *const *hosts, size_t host_count) {
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    int is_added = names != NULL;
    for (size_t i = 0; is_added && i < host_count; i++) {
        ASN1_OCTET_STRING *address = a2i_IPADDRESS(hosts[i]);
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *text = address == NULL ? ASN1_IA5STRING_new() : NULL;
        is_added = name != NULL && (address != NULL || (text != NULL && ASN1_STRING_set(text, hosts[i], -1) == 1));
        if (is_added) {
            GENERAL_NAME_set0_value(
                name, address != NULL ? GEN_IPADD : GEN_DNS, address != NULL ? (void *)address : (void *)text);
            is_added = sk_GENERAL_NAME_push(names, name) > 0;
        } else {
            ASN1_OCTET_STRING_free(address);
            ASN1_IA5STRING_free(text);
        }
        if (!is_added) GENERAL_NAME_free(name);
    }
    is_added = is_added && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return is_added;
}

int ctls_make_leaf(
    const char *authority, const char *authority_key, const char *const *hosts, size_t host_count, int64_t not_before,
    int64_t not_after, ctls_made *made) {
    *made = (ctls_made){NULL, NULL};
    X509 *issuer = read_certificate(authority);
    EVP_PKEY *issuer_key = read_key(authority_key);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int is_made = issuer != NULL && issuer_key != NULL && key != NULL && certificate != NULL && host_count > 0
        && X509_check_private_key(issuer, issuer_key) == 1 && begin(certificate, key, not_before, not_after)
        // A common name has 64 characters at most; clients look at the alternative names.
        && set_name(certificate, strlen(hosts[0]) <= 64 ? hosts[0] : "Runabout")
        && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1
        && add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE")
        && add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature")
        && add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth")
        && add_extension(certificate, issuer, NID_subject_key_identifier, "hash")
        && add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always")
        && add_hosts(certificate, hosts, host_count) && X509_sign(certificate, issuer_key, EVP_sha256()) > 0
        && write_made(certificate, key, made);
    X509_free(certificate);
    EVP_PKEY_free(key);
    X509_free(issuer);
    EVP_PKEY_free(issuer_key);
    ERR_clear_error();
    return is_made;
}

static int seconds_of(const ASN1_TIME *time, int64_t *seconds) {
    int days = 0, rest = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int is_read = epoch != NULL && ASN1_TIME_diff(&days, &rest, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    if (is_read) *seconds = (int64_t)days * 86400 + rest;
    return is_read;
}

int ctls_read_facts(const char *text, ctls_facts *facts) {
    X509 *certificate = read_certificate(text);
    int is_read = certificate != NULL && seconds_of(X509_get0_notBefore(certificate), &facts->not_before)
        && seconds_of(X509_get0_notAfter(certificate), &facts->not_after);
    if (is_read) facts->is_authority = X509_check_ca(certificate) == 1;
    X509_free(certificate);
    ERR_clear_error();
    return is_read;
}

int ctls_key_fits(const char *certificate_text, const char *key_text) {
    X509 *certificate = read_certificate(certificate_text);
    EVP_PKEY *key = read_key(key_text);
    int fits = certificate != NULL && key != NULL && X509_check_private_key(certificate, key) == 1;
    EVP_PKEY_free(key);
    X509_free(certificate);
    ERR_clear_error();
    return fits;
}

// Whether an alternative name is this text; X509_check_host does not take a wildcard as what is looked for.
static int names_literally(X509 *certificate, const char *host) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int is_found = 0;
    for (int i = 0; names != NULL && !is_found && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS) continue;
        size_t length = (size_t)ASN1_STRING_length(name->d.dNSName);
        is_found = length == strlen(host) && memcmp(ASN1_STRING_get0_data(name->d.dNSName), host, length) == 0;
    }
    GENERAL_NAMES_free(names);
    return is_found;
}

int ctls_is_for_host(const char *text, const char *host) {
    X509 *certificate = read_certificate(text);
    int is_for = certificate != NULL
        && (names_literally(certificate, host) || X509_check_host(certificate, host, 0, 0, NULL) == 1
            || X509_check_ip_asc(certificate, host, 0) == 1);
    X509_free(certificate);
    ERR_clear_error();
    return is_for;
}

int ctls_is_signed_by(const char *text, const char *authority_text) {
    X509 *certificate = read_certificate(text);
    X509 *authority = read_certificate(authority_text);
    int is_signed = certificate != NULL && authority != NULL && X509_check_issued(authority, certificate) == X509_V_OK
        && X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
    X509_free(certificate);
    X509_free(authority);
    ERR_clear_error();
    return is_signed;
}
