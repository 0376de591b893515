package poster

func stepBack(int) {}
