# Completion of @PROGRAM@ for fish: asks the program itself.
function __@NAME@_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($before[1] __complete fish $before[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c @PROGRAM@ -f -a '(__@NAME@_complete)'
