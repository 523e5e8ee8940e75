// What Swift cannot say on Linux: starting a process on a terminal of its own, process file descriptors, epoll.
//
// Every function returns a value of its own or -1 with errno set; none of them keeps a pointer after it has returned.
#ifndef CPTY_H
#define CPTY_H

#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

// A new pseudo-terminal of the given size. Returns the master, close-on-exec and non-blocking; the path of the slave is
// written to `name`.
int cpty_open_terminal(unsigned short columns, unsigned short rows, char *name, size_t name_size);

// Tells the terminal, and through SIGWINCH the programs on it, of a new size.
int cpty_resize(int master, unsigned short columns, unsigned short rows);

struct cpty_command {
    const char *path;
    char *const *argv;
    char *const *envp;
    // An absolute path.
    const char *directory;
    // The slave of a terminal, which becomes standard input, output and error; NULL for pipes.
    const char *terminal;
    // For pipes: the write ends. Standard input is then /dev/null.
    int output;
    int error;
};

// Starts a command in a session of its own, with default signal dispositions, an empty signal mask, and no descriptor but
// 0, 1 and 2 (posix_spawn(3)). Returns 0, or the error number of what failed; errno is not used.
int cpty_spawn(const struct cpty_command *command, pid_t *process);

// Both ends of a pipe, close-on-exec; the reading end, `ends[0]`, does not block. The pipe holds as many bytes as asked for
// if the system allows it.
int cpty_open_pipe(int *ends, int capacity);

// pidfd_open(2): close-on-exec, readable once the process has ended.
int cpty_open_process(pid_t process);

// pidfd_send_signal(2): never reaches another process that got the same number later.
int cpty_signal_process(int process_descriptor, int signal);

// prctl(2), PR_SET_DUMPABLE 0: other processes of the same user can then not read this one's memory and environment.
int cpty_forbid_dumping(void);

#endif
