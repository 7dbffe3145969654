answer = (
