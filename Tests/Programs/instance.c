// What the runtime's tests run as an instance: one thing per word on its command line, in order.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int number) { _exit(128 + number); }

int main(int count, char **words) {
    signal(SIGTERM, end);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int index = 1; index < count; index++) {
        const char *word = words[index];
        if (!strcmp(word, "say")) printf("%s\n", words[++index]);
        if (!strcmp(word, "complain")) fprintf(stderr, "%s\n", words[++index]);
        if (!strcmp(word, "tell")) printf("%s=%s\n", words[index + 1], getenv(words[index + 1])), index++;
        if (!strcmp(word, "count"))
            for (int number = 1, last = atoi(words[++index]); number <= last; number++) printf("line %d\n", number);
        if (!strcmp(word, "long")) {
            for (int number = atoi(words[++index]); number > 0; number--) putchar('x');
            putchar('\n');
        }
        if (!strcmp(word, "serve")) {
            int listener = socket(AF_INET, SOCK_STREAM, 0);
            struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT")))};
            if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 8)) return 5;
            printf("serving\n");
        }
        if (!strcmp(word, "stubborn")) signal(SIGTERM, SIG_IGN);
        if (!strcmp(word, "hog")) {
            size_t bytes = (size_t)atoi(words[++index]) << 20;
            char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED) return 4;
            for (size_t offset = 0; offset < bytes; offset += 4096) memory[offset] = 1;
            printf("hogged\n");
        }
        if (!strcmp(word, "bomb")) {
            int made = 0, wanted = atoi(words[++index]);
            while (made < wanted) {
                pid_t child = fork();
                if (child == 0) { pause(); _exit(0); }
                if (child < 0) break;
                made++;
            }
            printf("made %d\n", made);
        }
        if (!strcmp(word, "spin")) for (volatile unsigned long turns = 0;; turns++) {}
        if (!strcmp(word, "who")) printf("uid %d gid %d cwd %s\n", getuid(), getgid(), getcwd(NULL, 0));
        if (!strcmp(word, "read")) {
            char text[256];
            FILE *file = fopen(words[++index], "r");
            printf("%s: %s", words[index], file && fgets(text, sizeof text, file) ? text : "nothing\n");
        }
        if (!strcmp(word, "exit")) return atoi(words[++index]);
        if (!strcmp(word, "wait")) for (;;) pause();
    }
    return 0;
}
