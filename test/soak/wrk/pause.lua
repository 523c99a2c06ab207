-- Each connection rests for so many milliseconds between an answer and the next request, so that the machine has time for the rollouts.
function delay()
  return 5
end
