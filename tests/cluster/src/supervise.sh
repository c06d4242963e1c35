# Runs a server for as long as its owner lives, and no longer: whoever owns it holds the other end of this shell's input and
# says nothing. The end of the input is the end of the owner, even if it was killed. The first line of output is the server's
# process; all that the server says goes to a file.
folder=$1 output=$2
shift 2
exec 3<&0
"$@" </dev/null >>"$output" 2>&1 3<&- &
server=$!
(
    read -r _ <&3
    trap '' TERM # past this point the owner is gone, and the shell below must hear of it
    kill -KILL $server
) 2>/dev/null &
watch=$!
echo $server
wait $server
status=$?
kill -TERM $watch 2>/dev/null
wait $watch 2>/dev/null && rm -rf "$folder"
exit $status
