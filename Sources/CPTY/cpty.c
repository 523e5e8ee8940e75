#define _GNU_SOURCE
#include "cpty.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int cpty_open_terminal(unsigned short columns, unsigned short rows, char *name, size_t name_size) {
    // O_CLOEXEC here, not later: another thread may be starting a process at this very moment.
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    int failure = 0;
    if (grantpt(master) != 0 || unlockpt(master) != 0) {
        failure = errno;
    } else if ((failure = ptsname_r(master, name, name_size)) == 0) {
        int flags = fcntl(master, F_GETFL);
        if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) != 0 || cpty_resize(master, columns, rows) != 0)
            failure = errno;
    }
    if (failure == 0) return master;
    close(master);
    errno = failure;
    return -1;
}

int cpty_resize(int master, unsigned short columns, unsigned short rows) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(master, TIOCSWINSZ, &size);
}

int cpty_open_pipe(int *ends, int capacity) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    // Only the reading end: a command that gets a non-blocking standard output may lose what does not fit.
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        int failure = errno;
        close(ends[0]);
        close(ends[1]);
        errno = failure;
        return -1;
    }
    // More than the default of 64 KiB saves wake-ups in a flood; a refusal (the user's limit, pipe(7)) is harmless.
    fcntl(ends[0], F_SETPIPE_SZ, capacity);
    return 0;
}

// The kernel's own structure: the C library keeps two signals to itself, and a child must not inherit those ignored either.
static void reset_signals(void) {
    struct { void *handler; unsigned long flags, restorer, mask; } standard = {0};
    for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, &standard, NULL, 8);
}

static int become(const struct cpty_command *command) {
    // By number: the C library's own calls would try to change the other threads of the parent, whose memory this still is.
    if (syscall(SYS_setgroups, command->group_count, command->groups) != 0) return -1;
    if (syscall(SYS_setresgid, command->group, command->group, command->group) != 0) return -1;
    if (syscall(SYS_setresuid, command->user, command->user, command->user) != 0) return -1;
    // The way back must be closed (CWE-273).
    if (command->user != 0 && syscall(SYS_setresuid, -1, 0, -1) == 0) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

static int open_streams(const struct cpty_command *command) {
    if (command->terminal != NULL) {
        // The new session's leader opens a terminal that is nobody's: it becomes the controlling one (tty(4)).
        int terminal = open(command->terminal, O_RDWR);
        if (terminal < 0) return -1;
        if (command->changes_user && fchown(terminal, command->user, (gid_t)-1) != 0) return -1;
        for (int stream = 0; stream < 3; stream++)
            if (terminal != stream && dup2(terminal, stream) < 0) return -1;
        return 0;
    }
    // High numbers first: the ends may themselves be 0, 1 or 2.
    int output = fcntl(command->output, F_DUPFD, 3), error = fcntl(command->error, F_DUPFD, 3);
    if (output < 0 || error < 0) return -1;
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || (input != 0 && dup2(input, 0) < 0)) return -1;
    return dup2(output, 1) < 0 || dup2(error, 2) < 0 ? -1 : 0;
}

static void close_others(void) {
    if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
    struct rlimit limit = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t number = 3; number < limit.rlim_cur; number++) close((int)number);
}

// In the child, on the parent's memory and stack: system calls only, and nothing written but what is one's own.
static int prepare_child(const struct cpty_command *command) {
    if (setsid() < 0) return -1;
    reset_signals();
    if (open_streams(command) != 0) return -1;
    close_others();
    for (char *const *group = command->cgroups; group != NULL && *group != NULL; group++) {
        // "0" is whoever writes it.
        int procs = open(*group, O_WRONLY | O_CLOEXEC);
        if (procs < 0 || write(procs, "0", 1) != 1) return -1;
        close(procs);
    }
    for (size_t index = 0; index < command->limit_count; index++) {
        struct rlimit limit = {.rlim_cur = command->limits[index].soft, .rlim_max = command->limits[index].hard};
        if (syscall(SYS_prlimit64, 0, command->limits[index].resource, &limit, NULL) != 0) return -1;
    }
    if (command->nice != 0 && setpriority(PRIO_PROCESS, 0, command->nice) != 0) return -1;
    if (command->changes_user && become(command) != 0) return -1;
    if (command->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    // After the change of user, which takes it back.
    if (command->parent_end_signal != 0 && prctl(PR_SET_PDEATHSIG, command->parent_end_signal, 0, 0, 0) != 0) return -1;
    if (chdir(command->directory) != 0) return -1;
    unsigned long none = 0;
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

__attribute__((noinline)) int cpty_spawn(const struct cpty_command *command, pid_t *process) {
    unsigned long all = ~0UL, before = 0;
    volatile int failure = 0;
    // No handler of the parent may run in the child.
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
    // Not fork(2): copying the page tables of a large server would cost more than everything else here.
    pid_t child = vfork();
    if (child == 0) {
        if (prepare_child(command) == 0) execve(command->path, command->argv, command->envp);
        failure = errno;
        _exit(127);
    }
    if (child < 0) failure = errno;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    if (failure == 0) {
        *process = child;
        return 0;
    }
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    return failure;
}

// By number: the C library's own wrappers are younger than some systems that srun runs on.
int cpty_open_process(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int cpty_signal_process(int process_descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, process_descriptor, signal, NULL, 0);
}

int cpty_forbid_dumping(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int file_facts(int result, const struct stat *info, struct cpty_file *file) {
    if (result != 0) return -1;
    file->owner = info->st_uid;
    file->permissions = info->st_mode & 07777;
    file->is_plain = S_ISREG(info->st_mode);
    file->is_folder = S_ISDIR(info->st_mode);
    return 0;
}

int cpty_file_of(int descriptor, struct cpty_file *file) {
    struct stat info;
    return file_facts(fstat(descriptor, &info), &info, file);
}

int cpty_file_at(const char *path, struct cpty_file *file) {
    struct stat info;
    return file_facts(stat(path, &info), &info, file);
}

void cpty_share_heaps(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 2);
#endif
}
