
# Completes the words of a command, with and without `run --`: the program returns the actions that this account can run.
function __claude_admin_words
    set -l typed (commandline -opc) (commandline -ct)
    set -e typed[1]
    if string match -q -- '-*' "$typed[1]"
        return
    end
    if contains -- "$typed[1]" SUBCOMMANDS
        set -l at (contains -i -- -- $typed)
        if test "$typed[1]" != run; or test -z "$at"; or test "$at" -ge (count $typed)
            return
        end
        set typed $typed[(math $at + 1)..-1]
    end
    claude-admin complete -- $typed 2>/dev/null
end
complete -c claude-admin -f -a '(__claude_admin_words)'
