// Stands for the instances of a service: answers GET /1k and GET /64k with that many bytes, as cheaply as it can.
//
//   instance COUNT
//
// Listens at COUNT ports of loopback that the kernel chooses, writes them as a JSON array, and serves until it is killed.
#define _GNU_SOURCE
#include "sockets.h"

struct answer {
    char *bytes;
    size_t length;
};

struct connection {
    const char *unsent;
    size_t unsent_length;
    size_t head_length;
    int closes;
    char head[8192];
};

static struct answer small, large;
static struct connection *connections[CONNECTIONS_MAX];
static int is_listener[CONNECTIONS_MAX];

static struct answer make_answer(size_t body) {
    struct answer answer = {.bytes = malloc(body + 256)};
    int head = sprintf(answer.bytes,
                       "HTTP/1.1 200 OK\r\nServer: instance\r\nDate: Mon, 23 Nov 2026 20:00:00 GMT\r\n"
                       "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
                       body);
    memset(answer.bytes + head, 'x', body);
    answer.length = (size_t)head + body;
    return answer;
}

static void accept_all(int epoll, int listener) {
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        send_at_once(descriptor);
        if (!connections[descriptor]) connections[descriptor] = malloc(sizeof(struct connection));
        connections[descriptor]->unsent_length = connections[descriptor]->head_length = 0;
        connections[descriptor]->closes = 0;
        watch(epoll, descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
}

// Writes what is left of an answer; 0 when the connection is over.
static int send_more(int descriptor, struct connection *connection) {
    while (connection->unsent_length > 0) {
        ssize_t count = write(descriptor, connection->unsent, connection->unsent_length);
        if (count < 0) return errno == EAGAIN;
        connection->unsent += count;
        connection->unsent_length -= (size_t)count;
    }
    return !connection->closes;
}

// Answers the requests that are whole, as long as answers can be sent; 0 when the connection is over.
static int answer_all(int descriptor, struct connection *connection) {
    char *end;
    while (connection->unsent_length == 0 &&
           (end = memmem(connection->head, connection->head_length, "\r\n\r\n", 4)) != NULL) {
        *end = 0;
        struct answer *answer = strncmp(connection->head, "GET /64k", 8) == 0 ? &large : &small;
        connection->closes = strcasestr(connection->head, "\nconnection: close") != NULL;
        size_t used = (size_t)(end + 4 - connection->head);
        connection->head_length -= used;
        memmove(connection->head, connection->head + used, connection->head_length);
        connection->unsent = answer->bytes;
        connection->unsent_length = answer->length;
        if (!send_more(descriptor, connection)) return 0;
    }
    return 1;
}

// Reads until there is nothing more; 0 when the connection is over.
static int serve(int descriptor, struct connection *connection) {
    if (!send_more(descriptor, connection)) return 0;
    while (connection->unsent_length == 0) {
        size_t room = sizeof connection->head - 1 - connection->head_length;
        ssize_t count = read(descriptor, connection->head + connection->head_length, room);
        if (count == 0 || (count < 0 && errno != EAGAIN)) return 0;
        if (count < 0) return 1;
        connection->head_length += (size_t)count;
        if (!answer_all(descriptor, connection)) return 0;
        // A short read has emptied the socket; the next bytes are a new edge.
        if ((size_t)count < room) return 1;
    }
    return 1;
}

int main(int count, char **arguments) {
    int listeners = count == 2 ? atoi(arguments[1]) : 0;
    if (listeners < 1) {
        fprintf(stderr, "usage: instance COUNT\n");
        return 2;
    }
    prepare();
    small = make_answer(1024);
    large = make_answer(65536);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < listeners; i++) {
        int port, listener = listen_somewhere(&port);
        is_listener[listener] = 1;
        watch(epoll, listener, EPOLLIN);
        printf("%s%d", i == 0 ? "[" : ", ", port);
    }
    printf("]\n");
    fflush(stdout);
    struct epoll_event events[256];
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int descriptor = events[i].data.fd;
            if (is_listener[descriptor])
                accept_all(epoll, descriptor);
            else if (!serve(descriptor, connections[descriptor]))
                close(descriptor);
        }
    }
}
